/** Draws a VGA's text mode: v86 leaves that to a page, and here is none. */

/** Bytes of one glyph in font memory: 32 rows of eight pixels, of which a mode uses the upper ones. */
const glyphStride = 32;
/** Pixels of a character: the ninth column keeps letters apart. */
const cellWidth = 9;

/** What stands in one place. Colours are 0xRRGGBB. */
interface Cell {
  character: number;
  background: number;
  foreground: number;
}

/** A text screen, as it is written to. */
export class TextPicture {
  columns = 0;
  rows = 0;
  #cells: Cell[] = [];
  #glyphs: Uint8Array = new Uint8Array(0);
  #glyphHeight = 16;
  #cursor = { row: -1, column: -1, from: 14, to: 15, visible: false };

  resize(columns: number, rows: number): void {
    if (columns === this.columns && rows === this.rows) return;
    this.columns = columns;
    this.rows = rows;
    this.#cells = Array.from({ length: columns * rows }, () => ({ character: 32, background: 0, foreground: 0 }));
  }

  put(row: number, column: number, cell: Cell): void {
    if (row < this.rows && column < this.columns) this.#cells[row * this.columns + column] = cell;
  }

  /** `glyphs` is the font memory itself, 256 glyphs of `height` rows. */
  setFont(height: number, glyphs: Uint8Array): void {
    this.#glyphHeight = height;
    this.#glyphs = glyphs;
  }

  moveCursor(row: number, column: number): void {
    Object.assign(this.#cursor, { row, column });
  }

  shapeCursor(from: number, to: number, visible: boolean): void {
    Object.assign(this.#cursor, { from, to, visible });
  }

  /** Characters and attributes in turn, as {@link decodeTextScreen} reads them; the attributes are left 0. */
  cells(): Uint8Array {
    const bytes = new Uint8Array(this.#cells.length * 2);
    for (const [index, { character }] of this.#cells.entries()) bytes[index * 2] = character;
    return bytes;
  }

  get width(): number {
    return this.columns * cellWidth;
  }

  get height(): number {
    return this.rows * this.#glyphHeight;
  }

  /** The picture, four bytes a pixel: red, green, blue, 255. */
  draw(): Uint8ClampedArray<ArrayBuffer> {
    const pixels = new Uint32Array(this.width * this.height);
    for (const [index, cell] of this.#cells.entries()) {
      const row = Math.floor(index / this.columns);
      const column = index % this.columns;
      const [on, off] = [rgba(cell.foreground), rgba(cell.background)];
      for (let y = 0; y < this.#glyphHeight; y++) {
        const bits = this.#glyphs[cell.character * glyphStride + y] ?? 0;
        const at = (row * this.#glyphHeight + y) * this.width + column * cellWidth;
        for (let x = 0; x < cellWidth; x++) pixels[at + x] = (bits << x) & 0x80 ? on : off;
        // Lines of box drawing (0xC0 to 0xDF) go on into the ninth column.
        if (cell.character >= 0xc0 && cell.character <= 0xdf && bits & 1) pixels[at + 8] = on;
      }
    }
    this.#drawCursor(pixels);
    return new Uint8ClampedArray(pixels.buffer);
  }

  #drawCursor(pixels: Uint32Array): void {
    const { row, column, from, to, visible } = this.#cursor;
    const cell = this.#cells[row * this.columns + column];
    if (!visible || cell === undefined || row < 0) return;
    for (let y = from; y <= Math.min(to, this.#glyphHeight - 1); y++) {
      const at = (row * this.#glyphHeight + y) * this.width + column * cellWidth;
      pixels.fill(rgba(cell.foreground), at, at + cellWidth);
    }
  }
}

/** 0xRRGGBB as a word whose bytes in memory are red, green, blue, 255, on a little-endian computer as all browsers run on. */
function rgba(color: number): number {
  return (0xff000000 | ((color & 0xff) << 16) | (color & 0xff00) | ((color >> 16) & 0xff)) >>> 0;
}

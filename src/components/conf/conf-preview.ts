import { type Conf, type Problem, type Reading, readConf, refusal } from '../../lib/limine-conf.ts';
import {
  type Menu,
  type MenuKey,
  type ScreenRow,
  bootSteps,
  bootingRow,
  confFromFragment,
  confToFragment,
  menuScreen,
  openMenu,
  pressKey,
  withoutKeys,
} from '../../lib/limine-menu.ts';

import { keep, kept } from '../kept.ts';
import { machinePanel } from '../machine/panel.ts';
import { sayFailure } from '../say-failure.ts';
import { numberLines, placeButton, selectPlace } from '../text-editor.ts';
import { wordsOf } from '../words/words.ts';

const say = wordsOf('conf');

/** How long a line that more typing may mend is left alone, in milliseconds. */
const patience = 800;

/** More problems than anybody reads at once. */
const mostProblems = 8;

/** Lines that the editor shows without scrolling. */
const mostRows = 30;

const keys: Readonly<Record<string, MenuKey>> = { ArrowUp: 'up', ArrowDown: 'down', Enter: 'enter' };

/** The booting PC: what the loader was given, and how far it is. */
interface Boot {
  conf: Conf;
  menu: Menu;
  /** Of the countdown; undefined once it has stopped. */
  secondsLeft: number | undefined;
  /** Nothing is drawn: no menu is wanted, or none until a key is pressed. */
  hidden: boolean;
}

/**
 * `<onko-conf>`: a limine.conf, what is wrong with it, and the menu it gives.
 * The markup comes from ConfPreview.astro, already filled in for the file of chapter 6.
 */
class ConfPreview extends HTMLElement {
  #initial = '';
  #boot: Boot | undefined;
  #complaint: ReturnType<typeof setTimeout> | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;

  connectedCallback(): void {
    for (const control of this.querySelectorAll('[disabled]')) control.removeAttribute('disabled');
    const editor = this.#editor();
    // Some browsers fill in what was typed before a reload: the file of the chapter is what the page says.
    this.#initial = editor.defaultValue;
    editor.value = this.#initial;
    editor.addEventListener('input', () => this.#edit());
    editor.addEventListener('change', () => this.#keep());
    editor.addEventListener('scroll', () => this.#scrollGutter());
    this.#one('[data-screen]', HTMLElement).addEventListener('keydown', (event) => this.#typeKey(event));
    this.addEventListener('click', (event) => {
      const button = event.target instanceof Element ? event.target.closest('button') : null;
      if (button !== null) this.#press(button);
    });
    window.addEventListener('hashchange', this.#followFragment);
    const own = kept('conf');
    if (own !== undefined) editor.value = own;
    this.#read(true);
    this.#followFragment();
  }

  disconnectedCallback(): void {
    window.removeEventListener('hashchange', this.#followFragment);
    clearTimeout(this.#complaint);
    clearInterval(this.#clock);
  }

  /** Takes the file that a link carries, and shows itself. */
  readonly #followFragment = (): void => {
    const text = confFromFragment(location.hash.slice(1));
    if (text === undefined) return;
    this.#editor().value = text;
    this.#read(true);
    this.scrollIntoView({ block: 'start' });
  };

  #press(button: HTMLButtonElement): void {
    const { action, key, example, line, column, length } = button.dataset;
    if (action === 'reset') void this.#reset();
    else if (action === 'start') this.#start();
    else if (action === 'boot') this.#try(({ bootConf }) => bootConf(this.#editor().value));
    else if (action === 'source') {
      this.#try(({ downloadConf }) => downloadConf(this.#editor().value, this.dataset['source'] ?? ''));
    } else if (example !== undefined) this.#replace(example, true);
    else if (line !== undefined) selectPlace(this.#editor(), Number(line), Number(column), Number(length));
    else if (key === 'up' || key === 'down' || key === 'enter') this.#pressKey(key);
  }

  /** What takes files that may not come says so. */
  #try(work: (boot: typeof import('./conf-boot.ts')) => Promise<void>): void {
    sayFailure(this.#one('[data-boot-problem]', HTMLElement), import('./conf-boot.ts').then(work));
  }

  async #reset(): Promise<void> {
    this.#replace(this.#initial, false);
    (await machinePanel()).useOwnDisc();
  }

  #replace(text: string, keepIt: boolean): void {
    this.#editor().value = text;
    this.#read(true);
    if (keepIt) return this.#keep();
    keep('conf', undefined);
    history.replaceState(history.state, '', location.pathname + location.search);
  }

  /** The file changes while a hand is on it: a menu follows at once, a complaint when the hand rests. */
  #edit(): void {
    clearTimeout(this.#complaint);
    this.#read(false);
    this.#complaint = setTimeout(() => this.#read(true), patience);
  }

  #keep(): void {
    const { value } = this.#editor();
    keep('conf', value === this.#initial ? undefined : value);
    const fragment = confToFragment(value);
    const address = fragment === undefined ? location.pathname + location.search : `#${fragment}`;
    history.replaceState(history.state, '', address);
  }

  #read(complain: boolean): void {
    const reading = readConf(this.#editor().value);
    const wrong = reading.problems.length > 0;
    clearInterval(this.#clock);
    this.#boot = wrong ? undefined : switchedOn(reading.conf);
    this.#drawGutter(wrong && complain ? reading.problems : []);
    if (wrong && !complain) return;
    this.#editor().setAttribute('aria-invalid', String(wrong));
    this.#complain(reading.problems);
    for (const button of this.querySelectorAll<HTMLButtonElement>('[data-key], [data-action=start]')) {
      button.disabled = wrong;
    }
    if (wrong) this.#drawRefusal(reading);
    else this.#draw(withoutKeys(reading.conf));
  }

  #complain(problems: readonly Problem[]): void {
    const list = document.createElement('ul');
    const byLine = problems.toSorted((one, other) => one.line - other.line).slice(0, mostProblems);
    list.append(...byLine.map(problemItem));
    if (problems.length > mostProblems) {
      const more = document.createElement('li');
      more.textContent = say('more', { count: problems.length - mostProblems });
      list.append(more);
    }
    this.#one('[data-problems]', HTMLElement).replaceChildren(...(problems.length > 0 ? [list] : []));
  }

  #drawGutter(problems: readonly Problem[]): void {
    const gutter = this.#one('[data-gutter]', HTMLElement);
    const wrong = problems.map(({ line }) => line);
    const count = numberLines(gutter, this.#editor().value, wrong);
    this.#editor().rows = Math.min(count, mostRows);
    gutter.style.height = count > mostRows ? '0' : '';
    gutter.style.minHeight = count > mostRows ? '100%' : '';
    this.#scrollGutter();
  }

  #scrollGutter(): void {
    const { scrollTop } = this.#editor();
    this.#one('[data-gutter]', HTMLElement).style.transform = scrollTop > 0 ? `translateY(${-scrollTop}px)` : '';
  }

  /** Boots from the start, with the countdown in real seconds. */
  #start(): void {
    if (this.#boot === undefined) return;
    clearInterval(this.#clock);
    const boot = switchedOn(this.#boot.conf);
    this.#boot = boot;
    if (boot.secondsLeft === 0) return this.#hand(boot.conf.defaultEntry);
    this.#one('[data-screen]', HTMLElement).focus();
    this.#draw(say(boot.secondsLeft === undefined ? 'waits' : 'counts'));
    if (boot.secondsLeft !== undefined) this.#clock = setInterval(() => this.#tick(), 1000);
  }

  #tick(): void {
    const boot = this.#boot;
    if (boot?.secondsLeft === undefined) return;
    boot.secondsLeft -= 1;
    if (boot.secondsLeft === 0) this.#hand(boot.menu.selected);
    else this.#draw();
  }

  #typeKey(event: KeyboardEvent): void {
    const key = keys[event.key];
    // A letter does nothing in the menu, but it stops the countdown. Keys of the browser are left to it.
    const isLetter = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (key === undefined && !isLetter) return;
    event.preventDefault();
    this.#pressKey(key);
  }

  #pressKey(key: MenuKey | undefined): void {
    const boot = this.#boot;
    if (boot === undefined || boot.conf.timeout === 0) return;
    clearInterval(this.#clock);
    boot.secondsLeft = undefined;
    if (boot.hidden) {
      // The first key of a hidden menu only shows it.
      boot.hidden = false;
      return this.#draw(say('shown'));
    }
    const { boots, ...menu } = pressKey(boot.conf, boot.menu, key);
    boot.menu = menu;
    if (boots !== undefined) this.#hand(boots);
    else this.#draw(say('stopped'));
  }

  /** The loader's work on an entry, told; the menu is gone from the screen. */
  #hand(index: number): void {
    const boot = this.#boot;
    const entry = boot?.conf.entries[index];
    if (boot === undefined || entry === undefined) return;
    clearInterval(this.#clock);
    this.#boot = switchedOn(boot.conf);
    this.#drawRows([bootingRow(entry)]);
    this.#one('[name=outcome]', HTMLOutputElement).textContent = say('boots', {
      title: entry.title,
      steps: bootSteps(entry).join(', '),
    });
  }

  #draw(outcome?: string): void {
    const boot = this.#boot;
    if (boot === undefined) return;
    this.#drawRows(boot.hidden ? [] : menuScreen(boot.conf, boot.menu, boot.secondsLeft));
    if (outcome !== undefined) this.#one('[name=outcome]', HTMLOutputElement).textContent = outcome;
  }

  #drawRefusal(reading: Reading): void {
    this.#drawRows([{ text: refusal(reading) ?? '', tone: 'refusal' }]);
    this.#one('[name=outcome]', HTMLOutputElement).textContent = say('refused');
  }

  #drawRows(rows: readonly { text: string; tone: ScreenRow['tone'] | 'refusal' }[]): void {
    this.#one('[data-screen]', HTMLElement).replaceChildren(
      ...rows.map(({ text, tone }) => {
        const row = document.createElement('span');
        row.dataset['tone'] = tone;
        row.textContent = text;
        return row;
      }),
    );
  }

  #editor(): HTMLTextAreaElement {
    return this.#one('[name=conf]', HTMLTextAreaElement);
  }

  #one<T extends Element>(selector: string, type: new () => T): T {
    const found = this.querySelector(selector);
    if (!(found instanceof type)) throw new Error(`<onko-conf> has no ${selector}`);
    return found;
  }
}

/** The PC at the moment at which the loader has read the file. */
function switchedOn(conf: Conf): Boot {
  const secondsLeft = conf.timeout === 'never' ? undefined : conf.timeout;
  const hidden = secondsLeft === 0 || (conf.quiet && secondsLeft !== undefined);
  return { conf, menu: openMenu(conf), secondsLeft, hidden };
}

/** “Line 3, column 5” as a button that goes there, and what is wrong. */
function problemItem({ line, column, length, text }: Problem): HTMLLIElement {
  const item = document.createElement('li');
  const sentence = `${text}.`;
  if (line === 0) {
    item.textContent = say('file', { problem: sentence });
    return item;
  }
  item.append(placeButton(line, column, length), `: ${sentence}`);
  return item;
}

customElements.define('onko-conf', ConfPreview);

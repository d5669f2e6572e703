import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strFromU8, unzipSync } from 'fflate';
import { chapterArchive } from '../../kernel/pipeline/archive.ts';
import { chapters } from '../../kernel/pipeline/chapters.ts';
import { composeChapter } from '../../kernel/pipeline/compose.ts';

for (const { id } of chapters) {
  test(`the download of ${id} is the chapter's tree, byte for byte, and a README of three lines`, () => {
    const files = new Map(
      Object.entries(unzipSync(chapterArchive(id))).map(([path, bytes]) => [path, strFromU8(bytes)]),
    );
    const folder = [...files.keys()][0]?.split('/')[0];
    const readme = files.get(`${folder}/README.md`);
    assert.equal(readme?.trimEnd().split('\n').length, 3);
    files.delete(`${folder}/README.md`);
    const tree = [...composeChapter(id)].map(([path, { text }]) => [`${folder}/${path}`, text]);
    assert.deepEqual([...files].sort(), tree.sort());
    assert.deepEqual(chapterArchive(id), chapterArchive(id), 'the same bytes each time');
  });
}

/**
 * How many letters of one word have to be added, dropped or replaced to make the other (Levenshtein); `most` + 1 when it
 * is more than `most`: then it is not counted to the end. Words are texts or bytes, both of one kind.
 */
export function editDistance<Letter>(one: ArrayLike<Letter>, other: ArrayLike<Letter>, most: number): number {
  if (Math.abs(one.length - other.length) > most) return most + 1;
  // A row of the usual table, made into the next one in place: row[n] is what the first n letters of `one` take.
  const row = Array.from({ length: one.length + 1 }, (_, index) => index);
  for (let above = 0; above < other.length; above++) {
    let diagonal = above;
    let least = (row[0] = above + 1);
    for (let left = 0; left < one.length; left++) {
      const change = diagonal + (one[left] === other[above] ? 0 : 1);
      diagonal = row[left + 1] ?? 0;
      const away = Math.min(change, diagonal + 1, (row[left] ?? 0) + 1);
      row[left + 1] = away;
      least = Math.min(least, away);
    }
    if (least > most) return most + 1;
  }
  return Math.min(row.at(-1) ?? 0, most + 1);
}

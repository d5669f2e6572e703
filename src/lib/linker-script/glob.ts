/** Whether a name matches a pattern with `*`, `?`, `[a-z]`, `[!a-z]` and `\`. Takes at most pattern × name steps. */
export function globMatches(pattern: string, name: string): boolean {
  if (pattern === '*') return true;
  let [at, read] = [0, 0];
  let star = -1;
  let resume = 0;
  while (read < name.length) {
    const step = pattern[at] === '*' ? undefined : stepOver(pattern, at, name.charCodeAt(read));
    if (pattern[at] === '*') {
      star = at;
      resume = read;
      at += 1;
    } else if (step !== undefined) {
      at = step;
      read += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      read = resume;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

/** Where the pattern goes on when what stands at `at` takes the character; undefined when it does not. */
function stepOver(pattern: string, at: number, character: number): number | undefined {
  const sign = pattern[at];
  if (sign === undefined) return undefined;
  if (sign === '?') return at + 1;
  if (sign === '[') return stepOverSet(pattern, at, character);
  const literal = sign === '\\' && at + 1 < pattern.length ? at + 1 : at;
  return pattern.charCodeAt(literal) === character ? literal + 1 : undefined;
}

function stepOverSet(pattern: string, at: number, character: number): number | undefined {
  const end = pattern.indexOf(']', at + 2);
  if (end < 0) return undefined;
  const negated = pattern[at + 1] === '!' || pattern[at + 1] === '^';
  let found = false;
  for (let place = at + (negated ? 2 : 1); place < end; place += 1) {
    const first = pattern.charCodeAt(place);
    const isRange = pattern[place + 1] === '-' && place + 2 < end;
    const last = isRange ? pattern.charCodeAt(place + 2) : first;
    if (character >= first && character <= last) found = true;
    if (isRange) place += 2;
  }
  return found === negated ? undefined : end + 1;
}

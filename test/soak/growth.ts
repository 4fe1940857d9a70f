/** Does something that is looked at now and then grow? The line of least squares through the second half of the looks, which is past warm-up. */

export interface Look {
  readonly minutes: number;
  readonly value: number;
}

/** Per minute; 0 for fewer than two moments. */
export function slopeOf(looks: readonly Look[]): number {
  const mean = (of: (look: Look) => number): number => looks.reduce((sum, look) => sum + of(look), 0) / looks.length;
  if (looks.length < 2) return 0;
  const [x, y] = [mean(({ minutes }) => minutes), mean(({ value }) => value)];
  const spread = looks.reduce((sum, { minutes }) => sum + (minutes - x) ** 2, 0);
  return spread === 0 ? 0 : looks.reduce((sum, { minutes, value }) => sum + (minutes - x) * (value - y), 0) / spread;
}

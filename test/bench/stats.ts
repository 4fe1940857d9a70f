/** Medians, percentiles and ratios with their spread. */

/** `share` from 0 to 1, nearest rank; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]!;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** Round by round, the two that ran beside each other: what disturbs both leaves the ratio alone. */
export const ratios = (ours: readonly number[], theirs: readonly number[]): number[] =>
  ours.slice(0, theirs.length).map((value, index) => value / theirs[index]!);

/** `median (least to most)`. */
export function spread(values: readonly number[], show: (value: number) => string): string {
  if (values.length === 0) return '-';
  if (values.length === 1) return show(values[0]!);
  return `${show(median(values))} (${show(Math.min(...values))} to ${show(Math.max(...values))})`;
}

export const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
export const fixed =
  (digits: number, unit = '') =>
  (value: number): string =>
    `${value.toFixed(digits)}${unit}`;
export const times = (value: number): string => `${value.toFixed(2)} x`;

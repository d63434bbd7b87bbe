/**
 * Two-sided p value of the Mann–Whitney U test, by its normal approximation with correction for ties and continuity; good
 * from some twenty values a side. Small: the two sets of values hardly come from one distribution.
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map((value) => ({ value, isA: true })), ...b.map((value) => ({ value, isA: false }))];
  all.sort((x, y) => x.value - y.value);
  let ranksOfA = 0;
  let ties = 0;
  for (let start = 0; start < all.length; ) {
    let end = start;
    while (end < all.length && all[end]?.value === all[start]?.value) end += 1;
    const rank = (start + 1 + end) / 2;
    const size = end - start;
    ties += size ** 3 - size;
    for (const { isA } of all.slice(start, end)) if (isA) ranksOfA += rank;
    start = end;
  }
  const n = all.length;
  const product = a.length * b.length;
  const u = ranksOfA - (a.length * (a.length + 1)) / 2;
  const variance = (product / 12) * (n + 1 - ties / (n * (n - 1)));
  if (variance === 0) return 1;
  const distance = Math.max(0, Math.abs(u - product / 2) - 0.5);
  return Math.min(1, 2 * (1 - normal(distance / Math.sqrt(variance))));
}

/** Distribution function of the standard normal distribution, to 7 places (Abramowitz and Stegun 26.2.17). */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - density * series;
}

const STEPS = [1, 2, 2.5, 5, 10];

/** Round values from `low` to `high` that a person would write at an axis, about `count` of them, and zero. */
export function ticksOf(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * STEPS.find((s) => s * power >= rough * 0.999)!;
  const ticks: number[] = [];
  for (let k = Math.floor(low / step + 1e-6); k <= Math.ceil(high / step - 1e-6); k++) ticks.push(k * step);
  return ticks;
}

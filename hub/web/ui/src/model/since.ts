/** When the first is known of each device (UTC ms): before, it was not there. Of one that is not named nobody knows. */
export type Since = Readonly<Record<string, number>>;

export const deviceOf = (point: string): string => point.slice(0, point.indexOf("."));

export const sinceOf = (point: string, since: Since): number | undefined => since[deviceOf(point)];

import { useMemo } from "react";
import { useDevices, useSite } from "../../api/queries.ts";
import type { DeviceInfo } from "../../api/types.gen.ts";
import { hubNow } from "../../live/clock.ts";
import { dayOf } from "../../model/day.ts";
import { layoutOf, type Layout } from "../../model/layout.ts";

export interface House {
  devices: DeviceInfo[];
  layout: Layout;
  zone: string;
  today: string;
  currency: string;
}

/** The house that the figures are of; undefined until it is known. */
export function useHouse(): House | undefined {
  const site = useSite().data;
  const devices = useDevices().data;
  const layout = useMemo(() => layoutOf(devices ?? []), [devices]);
  const zone = site?.timezone ?? "UTC";
  const today = dayOf(hubNow(), zone);
  return useMemo(
    () => (site && devices ? { devices, layout, zone, today, currency: site.currency } : undefined),
    [site, devices, layout, zone, today],
  );
}

import { useSyncExternalStore } from "react";
import { get, post } from "../../api/client.ts";
import { queryClient } from "../../api/queries.ts";
import type { Devices } from "../../api/types.gen.ts";
import { found as t } from "../../words/found.ts";
import { faultOf } from "./options.ts";
import { Taker, type Taking } from "./taking.ts";

const ANSWER_MS = 8_000;

/** One for the whole page: what has begun goes on when the sheet is closed. */
export const taker = new Taker({
  post: (request) => post("/devices", request, AbortSignal.timeout(ANSWER_MS)),
  devices: async () => {
    const { devices } = await get<Devices>("/devices", AbortSignal.timeout(ANSWER_MS));
    queryClient.setQueryData(["devices"], devices);
    return devices;
  },
  wait: (ms) => new Promise((done) => setTimeout(done, ms)),
  fault: (error, request) => faultOf(error, t.silent, request.link),
});

export const useTakings = (): ReadonlyMap<string, Taking> => useSyncExternalStore(taker.subscribe, taker.all);

import { ApiError } from "../../api/client.ts";
import type { DeviceInfo, DeviceRequest } from "../../api/types.gen.ts";
import type { Fault } from "./found.ts";

/** How far taking in has come: `at` is the request that is under way, `done` are the devices that are in the house. */
export interface Taking {
  phase: "waiting" | "taking" | "in" | "failed";
  asked: readonly DeviceRequest[];
  at: number;
  done: readonly string[];
  fault?: Fault;
  /** `late`: the hub has said yes, but does not show it. */
  late?: boolean;
}

interface Means {
  post: (request: DeviceRequest) => Promise<unknown>;
  devices: () => Promise<DeviceInfo[]>;
  wait: (ms: number) => Promise<void>;
  fault: (error: unknown, request: DeviceRequest) => Fault;
}

const ASK_MS = 400;
const TRIES = 75;

/**
 * Takes devices in, one after the other. With each the hub starts anew and is away for a while: no answer is no
 * refusal, and asking for the same device again changes nothing.
 */
export class Taker {
  #means: Means;
  #all = new Map<string, Taking>();
  #listeners = new Set<() => void>();
  #tail: Promise<void> = Promise.resolve();

  constructor(means: Means) {
    this.#means = means;
  }

  all = (): ReadonlyMap<string, Taking> => this.#all;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** `key`: the found device. What was taken in of it before stays told. */
  take(key: string, asked: readonly DeviceRequest[]): Promise<void> {
    const before = this.#all.get(key)?.done ?? [];
    this.#set(key, { phase: "waiting", asked, at: 0, done: before });
    this.#tail = this.#tail.then(() => this.#takeAll(key, asked, before));
    return this.#tail;
  }

  /** Forgets what has ended; what is under way goes on. */
  tidy(): void {
    const open = [...this.#all].filter(([, t]) => t.phase === "waiting" || t.phase === "taking");
    this.#all = new Map(open);
    this.#listeners.forEach((l) => l());
  }

  async #takeAll(key: string, asked: readonly DeviceRequest[], before: readonly string[]): Promise<void> {
    const done = [...before];
    for (const [at, request] of asked.entries()) {
      this.#set(key, { phase: "taking", asked, at, done: [...done] });
      try {
        if (!(await this.#takeOne(request))) return this.#set(key, { phase: "failed", asked, at, done: [...done], late: true });
      } catch (error) {
        return this.#set(key, { phase: "failed", asked, at, done: [...done], fault: this.#means.fault(error, request) });
      }
      done.push(request.id);
    }
    this.#set(key, { phase: "in", asked, at: asked.length, done });
  }

  /** True once the device is in the house; false when the hub took it and has not shown it; throws its refusal. */
  async #takeOne(request: DeviceRequest): Promise<boolean> {
    let accepted = false;
    for (let tries = 0; tries < TRIES; tries += 1) {
      if (!accepted) accepted = await this.#ask(request, tries === TRIES - 1);
      if (await this.#isIn(request.id)) return true;
      await this.#means.wait(ASK_MS);
    }
    return false;
  }

  async #ask(request: DeviceRequest, last: boolean): Promise<boolean> {
    try {
      await this.#means.post(request);
      return true;
    } catch (error) {
      if (last || !isAway(error)) throw error;
      return false;
    }
  }

  async #isIn(id: string): Promise<boolean> {
    try {
      return (await this.#means.devices()).some((d) => d.id === id);
    } catch {
      return false;
    }
  }

  #set(key: string, taking: Taking): void {
    this.#all = new Map(this.#all).set(key, taking);
    this.#listeners.forEach((l) => l());
  }
}

/** The hub is not there, or not ready yet. */
export const isAway = (error: unknown): boolean => error instanceof ApiError && (error.status === 0 || error.status >= 502);

import type { Points } from "../api/types.gen.ts";
import { backOff, Sequence, type Frame } from "./sequence.ts";
import type { LiveStore } from "./store.ts";

const SILENCE_MS = 3_000;
const PROBE_MS = 1_500;
const POLL_MS = 5_000;
const POLL_AFTER_TRIES = 2;

interface Means {
  socketUrl: string;
  poll: () => Promise<Points>;
  /** Resolves if the hub answers at all. */
  probe: (signal: AbortSignal) => Promise<unknown>;
}

/** Keeps the store up to date: by the live socket, else by asking every five seconds while the socket is tried again. */
export class Connection {
  #store: LiveStore;
  #means: Means;
  #socket: WebSocket | undefined;
  #tries = 0;
  #open = true;
  #retry = 0;
  #watch = 0;
  #polling = 0;

  constructor(store: LiveStore, means: Means) {
    this.#store = store;
    this.#means = means;
    this.#dial();
    window.addEventListener("online", this.#dialNow);
    document.addEventListener("visibilitychange", this.#dialNow);
  }

  close(): void {
    this.#open = false;
    window.removeEventListener("online", this.#dialNow);
    document.removeEventListener("visibilitychange", this.#dialNow);
    [this.#retry, this.#watch].forEach(clearTimeout);
    clearInterval(this.#polling);
    this.#socket?.close();
  }

  #dialNow = (): void => {
    if (!this.#socket && document.visibilityState === "visible") this.#dial();
  };

  #dial(): void {
    clearTimeout(this.#retry);
    const socket = new WebSocket(this.#means.socketUrl);
    const sequence = new Sequence();
    this.#socket = socket;
    this.#expectSign(socket);
    socket.onmessage = (event: MessageEvent<string>) => {
      const frame = JSON.parse(event.data) as Frame;
      if (this.#socket !== socket) return;
      if (sequence.fits(frame)) this.#take(socket, frame);
      else this.#drop(socket);
    };
    socket.onclose = () => this.#drop(socket);
  }

  #take(socket: WebSocket, frame: Frame): void {
    this.#expectSign(socket);
    if (frame.type === "change") return this.#store.merge(frame.points);
    this.#tries = 0;
    clearInterval(this.#polling);
    this.#polling = 0;
    this.#store.replace(frame.points);
    this.#store.connection("live");
  }

  /** A socket may die without anybody closing it: when it is silent for long, the hub is asked whether it is there. */
  #expectSign(socket: WebSocket): void {
    clearTimeout(this.#watch);
    this.#watch = window.setTimeout(() => void this.#probe(socket), SILENCE_MS);
  }

  async #probe(socket: WebSocket): Promise<void> {
    try {
      await this.#means.probe(AbortSignal.timeout(PROBE_MS));
      if (this.#socket === socket && socket.readyState === WebSocket.OPEN) return this.#expectSign(socket);
    } catch {
      // not there: the socket goes
    }
    this.#drop(socket);
  }

  #drop(socket: WebSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    clearTimeout(this.#watch);
    socket.close();
    if (!this.#open) return;
    if (!this.#polling) this.#store.connection(this.#store.link().phase === "connecting" ? "connecting" : "lost");
    this.#tries += 1;
    if (this.#tries >= POLL_AFTER_TRIES) this.#startPolling();
    this.#retry = window.setTimeout(() => this.#dial(), backOff(this.#tries));
  }

  #startPolling(): void {
    if (this.#polling) return;
    this.#polling = window.setInterval(() => void this.#poll(), POLL_MS);
    void this.#poll();
  }

  async #poll(): Promise<void> {
    try {
      const { points } = await this.#means.poll();
      if (!this.#polling) return;
      this.#store.replace(points);
      this.#store.connection("polling");
    } catch {
      if (this.#polling) this.#store.connection("lost");
    }
  }
}

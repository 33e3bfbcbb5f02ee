import { defineConfig } from "vite";

// `npm run dev` shows the sources as they are edited, on the data of a running hub.
const hub = process.env["SHEMS_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  build: { outDir: "node_modules/.page", emptyOutDir: true, target: "es2022", modulePreload: { polyfill: false } },
  server: { proxy: { "/api": { target: hub, ws: true, changeOrigin: true } } },
});

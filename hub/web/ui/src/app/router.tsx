import { createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { searchOf } from "../model/period.ts";
import { Devices } from "../screens/devices/Devices.tsx";
import { Energy } from "../screens/energy/Energy.tsx";
import { Now } from "../screens/now/Now.tsx";
import { PlansLater } from "../screens/plans/PlansLater.tsx";
import { SelfTestLater } from "../screens/selftest/SelfTestLater.tsx";
import { Shell } from "./Shell.tsx";

// The screens come at once, so that each opens even when the hub is gone by then; only what needs the hub anyway
// (the plans) and the chart's canvas come later.
const root = createRootRoute({ component: Shell, notFoundComponent: Now });

const now = createRoute({ getParentRoute: () => root, path: "/", component: Now });

const energy = createRoute({
  getParentRoute: () => root,
  path: "/energy",
  validateSearch: searchOf,
  component: Energy,
});

const plans = createRoute({ getParentRoute: () => root, path: "/plans", component: PlansLater });

const devices = createRoute({ getParentRoute: () => root, path: "/devices", component: Devices });

const selfTest = createRoute({ getParentRoute: () => root, path: "/devices/self-test", component: SelfTestLater });

export const router = createRouter({ routeTree: root.addChildren([now, energy, plans, devices, selfTest]), scrollRestoration: true });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

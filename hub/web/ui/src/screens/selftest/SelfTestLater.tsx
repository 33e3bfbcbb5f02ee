import { Later } from "../../ui/Later.tsx";

const load = () => import("./SelfTest.tsx").then((m) => m.SelfTest);

export function SelfTestLater() {
  return <Later load={load} props={{}} />;
}

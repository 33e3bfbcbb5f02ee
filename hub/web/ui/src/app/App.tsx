import { RouterProvider } from "@tanstack/react-router";
import { useSession } from "../api/queries.ts";
import { LiveProvider } from "./LiveProvider.tsx";
import { router } from "./router.tsx";
import { SignIn } from "./SignIn.tsx";
import { Waiting } from "./Waiting.tsx";

/** Nobody signed in: the door. Somebody: the house. */
export function App() {
  const session = useSession();
  if (session.data === null) return <SignIn />;
  if (session.data === undefined) return <Waiting unreachable={session.failureCount > 0} />;
  return (
    <LiveProvider>
      <RouterProvider router={router} />
    </LiveProvider>
  );
}

import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queries.ts";
import { App } from "./app/App.tsx";
import { followTheme } from "./app/theme.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/widgets.css";
import "./styles/shell.css";
import "./styles/now.css";
import "./styles/flow.css";
import "./styles/control.css";
import "./styles/devices.css";
import "./styles/energy.css";
import "./styles/charts.css";
import "./styles/bars.css";
import "./styles/dialog.css";
import "./styles/signin.css";
import "./styles/old.css";

followTheme();

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);

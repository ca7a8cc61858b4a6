import { createBrowserRouter } from "react-router";
import { Missing, Broken } from "../pages/Missing";
import { Gate } from "./Gate";

/** Every page has an address and is fetched when it is first opened. */
export const router = createBrowserRouter([
  {
    path: "/",
    Component: Gate,
    errorElement: <Broken />,
    hydrateFallbackElement: <></>,
    children: [
      { index: true, lazy: () => import("../pages/Today") },
      { path: "counts", lazy: () => import("../pages/Counts") },
      { path: "counts/new", lazy: () => import("../pages/plan/NewCount") },
      {
        path: "counts/:number",
        lazy: () => import("../pages/count/Count"),
        children: [
          { index: true, lazy: () => import("../pages/count/Overview") },
          { path: "map", lazy: () => import("../pages/count/BinMap") },
          { path: "lines", lazy: () => import("../pages/count/Lines") },
          { path: "sheets", lazy: () => import("../pages/count/Sheets") },
          { path: "differences", lazy: () => import("../pages/count/Differences") },
          { path: "results", lazy: () => import("../pages/count/Results") },
          { path: "timeline", lazy: () => import("../pages/count/Timeline") },
        ],
      },
      { path: "approvals", lazy: () => import("../pages/Approvals") },
      { path: "recounts", lazy: () => import("../pages/Recounts") },
      { path: "deliveries", lazy: () => import("../pages/Deliveries") },
      { path: "deliveries/:id", lazy: () => import("../pages/Delivery") },
      { path: "quarantine", lazy: () => import("../pages/Quarantine") },
      { path: "drift", lazy: () => import("../pages/Drift") },
      { path: "policies", lazy: () => import("../pages/policies/Policies") },
      { path: "policies/reasons", lazy: () => import("../pages/policies/Reasons") },
      { path: "policies/:link", lazy: () => import("../pages/policies/Policies") },
      { path: "links", lazy: () => import("../pages/Links") },
      { path: "links/webhooks", lazy: () => import("../pages/links/Webhooks") },
      { path: "links/subscriptions", lazy: () => import("../pages/links/Subscriptions") },
      { path: "*", Component: Missing },
    ],
  },
]);

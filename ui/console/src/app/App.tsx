import { QueryClientProvider } from "@tanstack/react-query";
import { App as AntApp, ConfigProvider } from "antd";
import en from "antd/locale/en_US";
import zh from "antd/locale/zh_CN";
import { RouterProvider } from "react-router/dom";
import { PreferencesProvider, usePreferences } from "./preferences";
import { router } from "./router";
import { queries } from "./server";
import { antTheme } from "./antTheme";

function Dressed() {
  const { language, theme } = usePreferences();
  return (
    <ConfigProvider locale={language === "en" ? en : zh} theme={antTheme(theme)} button={{ autoInsertSpace: false }}>
      <AntApp message={{ maxCount: 3 }} style={{ height: "100%" }}>
        <RouterProvider router={router} />
      </AntApp>
    </ConfigProvider>
  );
}

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <PreferencesProvider>
        <Dressed />
      </PreferencesProvider>
    </QueryClientProvider>
  );
}

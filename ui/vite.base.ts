import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import type { UserConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What both builds share: one folder in, one folder of the server's static files out, nothing loaded from elsewhere. */
export function build(name: "console" | "pda"): UserConfig {
  return {
    root: here(`./${name}`),
    base: `/static/${name}/`,
    plugins: [react()],
    resolve: { alias: { "@shared": here("./shared") } },
    build: {
      outDir: here(`../src/countbridge/web/static/${name}`),
      emptyOutDir: true,
      target: "es2022",
      reportCompressedSize: false,
      chunkSizeWarningLimit: 1500,
      // A data: URL would need its own word in the content security policy.
      assetsInlineLimit: 0,
    },
    server: {
      proxy: { "/api": process.env.COUNTBRIDGE_URL ?? "http://127.0.0.1:8000" },
    },
  };
}

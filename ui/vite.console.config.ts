import { defineConfig } from "vite";
import { build } from "./vite.base.ts";

export default defineConfig(build("console"));

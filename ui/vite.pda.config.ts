import { defineConfig } from "vite";
import { build } from "./vite.base";

export default defineConfig(build("pda"));

/** What the server sends, word for word (docs: /api/docs), by subject. */
export * from "./base";
export * from "./session";
export * from "./counts";
export * from "./policies";
export * from "./plans";
export * from "./drift";
export * from "./lines";
export * from "./results";
export * from "./links";
export * from "./deliveries";
export * from "./parts";

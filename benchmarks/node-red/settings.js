// Node-RED as it comes, quiet, with nothing of its own on the network.
module.exports = {
  uiHost: "127.0.0.1",
  uiPort: Number(process.env.UI_PORT),
  httpAdminRoot: "/admin",
  flowFile: "flows.json",
  userDir: process.env.NODE_RED_FOLDER,
  diagnostics: { enabled: false, ui: false },
  telemetry: { enabled: false, updateNotification: false },
  logging: { console: { level: "error", metrics: false, audit: false } },
};

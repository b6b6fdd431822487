// Keeps the page "no connection" ready. Everything else on residents' pages works without script.

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js", { scope: "/home" });

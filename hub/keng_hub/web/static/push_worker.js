// Shows what was pushed. A newer message of an incident replaces the older one, by its tag.
self.addEventListener("push", (event) => {
  const told = event.data ? event.data.json() : { code: "Kẻng", text: "", path: "/" };
  const urgent = ["fire", "medical", "security"].includes(told.category) && told.kind !== "all_clear";
  event.waitUntil(self.registration.showNotification(told.code, {
    body: told.text, tag: told.code, renotify: true, requireInteraction: urgent, data: told.path, lang: "vi",
  }));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data || "/"));
});

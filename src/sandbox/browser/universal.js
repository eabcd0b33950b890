// The sandbox's stand-in for Partnero's browser script.
(() => {
  "use strict";
  if (window.partneroSandbox) return;
  const home = new URL(document.currentScript.src).origin;
  const queue = window[window.__partnerObject].q;
  let assets;
  let told = Promise.resolve();

  // One after the other, so that the sandbox hears of them in their order.
  const tell = (call) => {
    const post = { method: "POST", mode: "no-cors", keepalive: true, body: JSON.stringify(call) };
    told = told.then(() => fetch(home + "/js/calls", post)).catch(console.error);
  };

  const load = (program) => {
    const script = document.createElement("script");
    script.src = assets + "/program/" + encodeURIComponent(program) + "/settings/settings.js";
    document.head.appendChild(script);
  };

  const take = ({ a: recorded }) => {
    const call = Array.from(recorded);
    tell(call);
    if (call[0] === "settings" && call[1] === "assets_host") assets = call[2];
    if (call[0] === "program" && call[2] === "load") load(call[1]);
  };

  const has = (name) => document.cookie.split("; ").some((pair) => pair.startsWith(name + "="));
  const write = (name, value, days) => {
    const age = days * 24 * 60 * 60;
    document.cookie = `${name}=${encodeURIComponent(value)}; Path=/; SameSite=Lax; Max-Age=${age}`;
  };

  // The settings call this once they are there.
  window.partneroSandbox = ({ parameter, cookie, days }) => {
    const key = new URLSearchParams(location.search).get(parameter);
    if (key) write(cookie, key, days);
    // Browsers make a UUID on https and loopback alone.
    if (!has("partnero_session_uuid") && crypto.randomUUID) {
      write("partnero_session_uuid", crypto.randomUUID(), days);
    }
  };

  queue.splice(0).forEach(take);
  queue.push = take;
})();

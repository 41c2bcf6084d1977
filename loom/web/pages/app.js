// Gives the tab a name, under which the server finds its thread again, and comes back by itself
// when the connection is lost. textual.js opens the socket once the page is loaded.
const SILENCE_MS = 20_000;
const AGAIN_MS = 1_000;
const ORDERLY = 1000; // RFC 6455, 7.4.1: the app ended, the network did not

function tabName() {
  let name = sessionStorage.getItem("loom-tab");
  if (!name) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    name = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    sessionStorage.setItem("loom-tab", name);
  }
  return name;
}

function show(state, text) {
  const element = document.querySelector("#state");
  element.dataset.state = state;
  element.querySelector("p").textContent = text;
}

let isLost = false;

async function comeBack() {
  if (isLost) return;
  isLost = true;
  show("lost", "Connection lost. The agent works on; reconnecting …");
  for (;;) {
    try {
      const answer = await fetch("alive", { cache: "no-store", signal: AbortSignal.timeout(3000) });
      // 401: another server, to which this browser has yet to log in.
      if (answer.ok || answer.status === 401) return location.reload();
    } catch {
      // still gone
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

class WatchedSocket extends WebSocket {
  constructor(...words) {
    super(...words);
    let heardAt = Date.now();
    // A network that swallows everything closes nothing: textual.js pings, and no answer is one.
    const watch = setInterval(() => Date.now() - heardAt > SILENCE_MS && comeBack(), 2000);
    this.addEventListener("message", () => (heardAt = Date.now()));
    // Keys go to the terminal without a click first.
    this.addEventListener("open", () => document.querySelector(".xterm-helper-textarea").focus());
    this.addEventListener("close", (event) => {
      clearInterval(watch);
      if (event.code === ORDERLY) show("ended", "Loom was left.");
      else comeBack();
    });
  }
}
window.WebSocket = WatchedSocket;

const socketUrl = new URL("ws/" + tabName(), location.href);
socketUrl.protocol = location.protocol === "https:" ? "wss:" : "ws:";
socketUrl.search = socketUrl.hash = "";
document.querySelector("#terminal").dataset.sessionWebsocketUrl = socketUrl.href;
document.querySelector("#state button").addEventListener("click", () => location.reload());

// Node.js `ws`, compressing with one context for the whole connection, talks until its standard input ends.
//   node talking_ws.mjs URL
import WebSocket from "ws";
import { talk } from "./talking.mjs";

const socket = new WebSocket(process.argv[2], { perMessageDeflate: { threshold: 0 } });
const counts = { opened: 0, closed: 0 };
socket.on("open", () => { counts.opened += 1; });
const closed = new Promise((resolve) => {
  socket.on("close", (code) => { counts.closed += 1; resolve(code); });
});
const broken = new Promise((_, reject) => {
  socket.on("error", reject);
  closed.then((code) => reject(new Error(`closed with ${code}`)));
});
broken.catch(() => {});

const upgrade = new Promise((resolve) => socket.once("upgrade", resolve));
await Promise.race([new Promise((resolve) => socket.once("open", resolve)), broken]);
const agreed = (await upgrade).headers["sec-websocket-extensions"] ?? "";
if (!agreed.startsWith("permessage-deflate") || agreed.includes("no_context_takeover")) throw new Error(agreed);

await talk((text) => {
  const answer = new Promise((resolve) => socket.once("message", (data) => resolve(data.toString())));
  socket.send(text);
  return Promise.race([answer, broken]);
}, counts);
socket.close(1000);
if ((await closed) !== 1000) throw new Error("close");

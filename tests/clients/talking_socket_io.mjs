// socket.io with one transport, reconnecting as it does by default, talks until its standard input ends.
//   node talking_socket_io.mjs URL polling|websocket
import { io } from "socket.io-client";
import { talk } from "./talking.mjs";

const [url, transport] = process.argv.slice(2);
const socket = io(url, { transports: [transport] });
const counts = { opened: 0, closed: 0, reconnects: 0 };
socket.on("connect", () => { counts.opened += 1; });
socket.on("disconnect", () => { counts.closed += 1; });
socket.on("connect_error", (error) => { throw error; });
socket.io.on("reconnect_attempt", () => { counts.reconnects += 1; });
await new Promise((resolve) => socket.once("connect", resolve));
const first = socket.id;

await talk(async (text) => {
  const answer = await socket.timeout(20_000).emitWithAck("echo", text);
  if (answer.transport !== transport || socket.id !== first) throw new Error(`${answer.transport} ${socket.id}`);
  return answer.value;
}, counts);
socket.disconnect();

// A socket.io server that echoes with an acknowledgement. Prints its port; ends with its standard input and prints how
// many connections it had.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const server = new Server(http);
let connections = 0;
server.on("connection", (socket) => {
  connections += 1;
  socket.on("echo", (value, acknowledge) => acknowledge({ value, transport: socket.conn.transport.name }));
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
process.stdin.resume().on("end", () => {
  console.log(connections);
  process.exit(0);
});

import { isBooting, sshConnection } from "../../provider/src/host/connection";
import { sshOptions } from "../../provider/src/host/ssh-options";

// Messages of OpenSSH.
test.each([
  ["ssh: connect to host 127.0.0.1 port 1: Connection refused\r\n"],
  ["ssh: connect to host 192.0.2.9 port 22: No route to host\r\n"],
  ["ssh: connect to host 192.0.2.9 port 22: Connection timed out\r\n"],
  ["Connection timed out during banner exchange\r\nConnection to 127.0.0.1 port 9 timed out\r\n"],
  ["kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 127.0.0.1 port 9\r\n"],
  [
    "channel 0: open failed: connect failed: Connection refused\r\nstdio forwarding failed\r\nkex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n",
  ],
])("it waits for a host that may come up: %j", (stderr) => {
  expect(isBooting(stderr)).toBe(true);
});

test.each([
  [""],
  ["nobody@192.0.2.2: Permission denied (publickey).\r\n"],
  ["Host key verification failed.\r\n"],
  ["ssh: Could not resolve hostname nowhere.invalid: Name or service not known\r\n"],
  // A jump host that refuses.
  [
    "root@jump: Permission denied (publickey).\r\nkex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n",
  ],
])("an error that waiting cannot fix is reported at once: %j", (stderr) => {
  expect(isBooting(stderr)).toBe(false);
});

test("who tries once while somebody else connects is told what comes of it", async () => {
  const connection = sshConnection("ssh://root@nowhere.invalid", sshOptions(), 5);
  const open = connection.open().catch((error) => error);
  const answer = await connection.tryOnce();
  expect(answer).toMatchObject({ code: "LN_HOST", message: expect.stringContaining("nowhere.invalid") });
  expect(answer).toBe(await open);
});

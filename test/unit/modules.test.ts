import { isMissing, wouldLoad } from "../../provider/src/tools/modules";
import { RecordingHost } from "./support/recording";

test("a module that could be loaded is not missing, and it does not count as loaded", async () => {
  const host = new RecordingHost((argv) => {
    const line = argv.join(" ");
    if (line.startsWith("ls -d /sys/module")) return { exitCode: 2, stderr: "ls: No such file or directory" };
    if (line.startsWith("modprobe")) return { stdout: "insmod /lib/modules/1/kernel/ip_vs.ko\n" };
    return { stdout: line.startsWith("cat") ? "" : "1\n" };
  });
  expect([await isMissing(host, "ip_vs"), await wouldLoad(host, "ip_vs"), await isMissing(host, "ip_vs")]).toEqual([
    false,
    true,
    false,
  ]);
});

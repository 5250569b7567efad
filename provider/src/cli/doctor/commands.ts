import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { findCommand, requirements, type Tool, versionOf } from "../../host/requirements";
import { wouldLoad } from "../../tools/modules";
import type { Line } from "./check";

/** The commands that the kinds run, and their versions if one is required. */
export async function checkCommands(host: Host): Promise<Line[]> {
  return Promise.all((Object.keys(requirements) as Tool[]).map((tool) => checkCommand(host, tool)));
}

async function checkCommand(host: Host, tool: Tool): Promise<Line> {
  const line = { group: "command", what: tool } as const;
  try {
    const [version = ""] = (await findOut(host, tool)).trim().split("\n");
    return { ...line, result: "ok", detail: version };
  } catch (error) {
    if (!hasCode(error, "LN_TOOL", "LN_KERNEL", "LN_PERMISSION")) throw error;
    // Without IPVS in the kernel, or without root, ipvsadm does not even print its version.
    const path = hasCode(error, "LN_TOOL") ? undefined : await findCommand(host, tool);
    if (path !== undefined) return { ...line, result: "ok", detail: path };
    const cure = `apt-get install ${requirements[tool].package}`;
    return { ...line, result: "missing", detail: error.summary, cure };
  }
}

/** Its version, or its path if asking for the version would load a module. */
async function findOut(host: Host, tool: Tool): Promise<string> {
  const isLoadable = tool === "ipvsadm" && (await wouldLoad(host, "ip_vs"));
  return (isLoadable && (await findCommand(host, tool))) || versionOf(host, tool);
}

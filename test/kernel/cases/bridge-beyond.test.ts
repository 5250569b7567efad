import { check } from "../../../provider/src/core/check";
import { bridge as kind } from "../../../provider/src/kinds";
import { beyond } from "../support/contract";

beyond("Bridge: beyond the contract", () => {
  test.each([
    [{ priority: 65536 }, "priority: must be 0 to 65535"],
    [{ vlanDefaultPvid: 4095 }, "vlanDefaultPvid: must be 0 to 4094"],
    [
      { groupForwardMask: 0x4001 },
      "groupForwardMask: must not have one of the lowest three bits: those frames are never forwarded",
    ],
    [{ stp: true, forwardDelay: 1 }, "forwardDelay: must be at least 2 with stp"],
    [{ master: "br0" }, "master: must be another link"],
    [
      {
        vlans: [
          { vid: 1, pvid: true },
          { vid: 2, pvid: true },
        ],
      },
      "vlans: must not have pvid on two VLANs",
    ],
    [{ vlans: [{ vid: "10-20" }, { vid: 20 }] }, "vlans: must not name a VLAN twice"],
    [{ vlans: [{ vid: "10-20", pvid: true }] }, "vlans: must not have pvid on a range"],
    [{ vlans: [{ vid: "20-10" }] }, "vlans: must have ranges that go up, to 4094 at most"],
    [{ vlans: [{ vid: "10-4095" }] }, "vlans: must have ranges that go up, to 4094 at most"],
  ])("%j is refused at preview", (values, reason) => {
    const { failures } = check(kind, { owner: "p/s/r", name: "br0", ...values });
    expect(failures.map((each) => each.reason)).toEqual([reason]);
  });
});

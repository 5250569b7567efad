import { run } from "./engine";

test("npm run lab:hosts brings three hosts up, sees and repairs what is changed on one, and leaves them as they were", async () => {
  const { code, text } = await run(["npm", "run", "--silent", "lab:hosts"]);
  expect({ code, text }).toMatchObject({ code: 0 });
  const steps = [...text.matchAll(/^== (.*?)(?:,| on| which|\.|$)/gm)].map(([, step]) => step);
  expect(steps).toEqual(["pulumi up", "By hand", "pulumi up", "pulumi preview", "pulumi destroy"]);
  expect(text).toMatch(/host2-bridge.*updated.*\n(?:.*\n)*Nothing to do\./);
  expect(text.match(/: as before$/gm)).toHaveLength(10);
});

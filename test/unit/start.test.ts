// What serves the engine starts at once: all of Pulumi's SDK takes seconds to load where the machine is busy.
test.each(["native/plugin", "dynamic/provider"])("%s loads no more of Pulumi's SDK than its messages", (module) => {
  require(`../../provider/src/pulumi/${module}`);
  const loaded = Object.keys(require.cache);
  expect(loaded).toContainEqual(expect.stringMatching(/\/provider\/src\/core\/lifecycle\./));
  expect(loaded.filter((path) => /\/@pulumi\/pulumi\/(?!proto\/)/.test(path))).toEqual([]);
});

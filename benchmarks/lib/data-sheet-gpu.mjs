/**
 * The simulator with a GPU of the catalogue as somebody would describe it who has its data sheet alone: its own figures, the kernels of another.
 *
 * @param simulator - with `findGpu` and `describeGpu`
 * @param name - the GPU that is taken to be unknown
 * @param like - whose kernels it gets
 */
export function byDataSheet(simulator, name, like) {
  const { memoryBytes, bandwidthBytesPerS, flopsPerS, tdpW, linkBytesPerS, linkDomain } =
    simulator.findGpu(name);
  const described = simulator.describeGpu({
    name: `${name}-by-data-sheet`,
    like,
    memoryBytes,
    bandwidthBytesPerS,
    flopsPerS,
    tdpW,
    linkBytesPerS,
    linkDomain,
  });
  const instead = (options) => (options.gpu === name ? { ...options, gpu: described } : options);
  return {
    ...simulator,
    createCostModel: (options) => simulator.createCostModel(instead(options)),
    resolveCostSetup: (options) => simulator.resolveCostSetup(instead(options)),
  };
}

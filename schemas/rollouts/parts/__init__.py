"""What decoders of several formats share: fields taken one by one, linked results, branches, names of benchmarks."""

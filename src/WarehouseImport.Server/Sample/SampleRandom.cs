namespace WarehouseImport.Server.Sample;

/// <summary>
/// SplitMix64: values that depend on nothing but the seed, on every machine and in every version of the framework
/// (which <see cref="Random"/> does not promise).
/// </summary>
internal struct SampleRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A generator for one thing of its own, so that adding a draw for one person moves no other.</summary>
    public static SampleRandom For(int index, int purpose) => new(0x5EED_2024UL * 31 + (ulong)index * 0x9E37_79B9UL + (ulong)purpose * 0x1_0000_0001UL);

    public ulong Next()
    {
        _state += 0x9E37_79B9_7F4A_7C15UL;
        var mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9UL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EBUL;
        return mixed ^ (mixed >> 31);
    }

    public int Next(int exclusiveMaximum) => (int)(Next() % (ulong)exclusiveMaximum);

    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];
}

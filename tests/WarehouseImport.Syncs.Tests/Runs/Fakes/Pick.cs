using CsCheck;

namespace WarehouseImport.Syncs.Tests.Runs.Fakes;

static class Pick
{
    public static Gen<T> From<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);
}

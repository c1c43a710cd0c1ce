using WarehouseImport.Profiles;
using WarehouseImport.Server.Hosting;

namespace WarehouseImport.Cluster.Tests.Processes;

public sealed class FaultSwitchTests
{
    [Theory]
    [InlineData("FP08:3", FaultPointId.BatchCommitted, 3)]
    [InlineData("FP12", FaultPointId.Completed, 1)]
    public void Parse_Point_IsRead(string setting, FaultPointId point, int occurrence)
    {
        Assert.Equal((point, occurrence), FaultSwitch.Parse(setting));
    }

    [Theory]
    [InlineData("FP99")]
    [InlineData("08:3")]
    [InlineData("FP08:0")]
    [InlineData("FP08:x")]
    [InlineData("FP08:1:2")]
    public void Parse_AnythingElse_NamesThePoints(string setting)
    {
        var refused = Assert.Throws<InvalidOperationException>(() => FaultSwitch.Parse(setting));

        Assert.Contains(setting, refused.Message, StringComparison.Ordinal);
        Assert.Contains("FP08", refused.Message, StringComparison.Ordinal);
    }
}

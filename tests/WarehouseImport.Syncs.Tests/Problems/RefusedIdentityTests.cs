using System.Text;
using Microsoft.Extensions.Options;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Tests.Runs.Fakes;
using WarehouseImport.Syncs.Uploads;

namespace WarehouseImport.Syncs.Tests.Problems;

/// <summary>profile-import-rules 17.6, the rows that are refused before a profile is looked for; the others are tested with the profiles.</summary>
public sealed class RefusedIdentityTests
{
    // 17.6: – | no identifier value | identifier_missing
    // 17.6: – | email valid, phone +12 | phone_invalid; nothing written
    [Theory]
    [InlineData(",", ProblemCodes.IdentifierMissing)]
    [InlineData("a@x.example,+12", ProblemCodes.PhoneInvalid)]
    public async Task Import_RowOfTheTable_FailsAndNothingIsWritten(string row, string code)
    {
        var world = new RunWorld();
        var file = Encoding.UTF8.GetBytes($"Email,Phone,Note\n{row},x\n");
        var description = await UploadScan.ReadAsync(new MemoryStream(file), TestContext.Current.CancellationToken);
        var uploads = new UploadRuns(world.Stores, world.Engine, world.Time, Options.Create(world.Options), Options.Create(new ConsentSettings()));
        var run = await uploads.BeginAsync(Guid.NewGuid(), isCheck: false, null, TestContext.Current.CancellationToken);
        using var monitor = new RunMonitor(run);

        var input = UploadService.InputOf(UploadPlanReader.Read(null, description).Plan!, description, _ => Task.FromResult<Stream>(new MemoryStream(file)));
        await uploads.ExecuteAsync(run, input, monitor, TestContext.Current.CancellationToken);

        Assert.Equal(new OutcomeCounts(Failed: 1), world.Database.Runs[run.Id].Counts);
        Assert.Equal(code, Assert.Single(Assert.Single(world.Database.Errors[run.Id]).Problems).Problem.Code);
        Assert.Empty(world.Database.Profiles);
        Assert.Empty(world.Database.Identifiers);
    }
}

using System.Text.RegularExpressions;
using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Profiles.Tests.Problems;

/// <summary>docs/rules.md explains every code of the catalogue, and no other.</summary>
public sealed partial class RulesPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "rules.md"));

    [Fact]
    public void CodeTables_HaveARowForEveryCodeOfTheCatalogue()
    {
        var explained = CodesOfTables();

        Assert.Empty(ProblemCatalogue.All.Select(definition => definition.Code).Except(explained));
    }

    [Fact]
    public void CodeTables_ExplainEachCodeOnceAndNoUnknownOne()
    {
        var explained = CodesOfTables();

        Assert.Equal(explained.Distinct(), explained);
        Assert.All(explained, code => Assert.True(ProblemCatalogue.TryGet(code, out _), $"docs/rules.md explains '{code}', which the catalogue does not have."));
    }

    // A row of a code table is "| `code` | severity | …"; tables of other things have no severity.
    private static List<string> CodesOfTables() => [.. CodeRow().Matches(Page).Select(match => match.Groups["code"].Value)];

    [GeneratedRegex(@"^\| `(?<code>[a-z0-9_]+)` \| (error|warning|notice) \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex CodeRow();
}

using System.Text;
using Microsoft.Extensions.DependencyInjection;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Server.Cli;
using WarehouseImport.Syncs.Uploads;

namespace WarehouseImport.Server.Tests.Cli;

public sealed class FileCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Email,First Name\nann@example.com,Ann\n", 0)]
    [InlineData("Email,First Name\nann@example.com,Ann\nann@example.com,Anna\n", 0)]
    [InlineData("Email,First Name\nann@@example.com,Ann\n", FileCommand.Refused)]
    [InlineData("Email,First Name\n", FileCommand.Unreadable)]
    [InlineData("Email,Email\nann@example.com,x\n", FileCommand.Unreadable)]
    [InlineData("Name,First Name\nann,Ann\n", FileCommand.Usage)]
    public async Task RunAsync_File_AnswersWithItsExitCode(string file, int expected)
    {
        var path = await WriteAsync("people.csv", file);

        Assert.Equal(expected, await FileCommand.RunAsync(Options(path, isCheck: true), Cancellation));
        Assert.Equal(expected, await FileCommand.RunAsync(Options(path, isCheck: false), Cancellation));
    }

    [Fact]
    public async Task RunAsync_MapAndCountry_DecideWhatColumnsMean()
    {
        var path = await WriteAsync("people.csv", "Kunde,Handy\nann@example.com,030 1234567\n");

        Assert.Equal(FileCommand.Usage, await FileCommand.RunAsync(Options(path, isCheck: true), Cancellation));
        Assert.Equal(FileCommand.Usage, await FileCommand.RunAsync(Options(path, isCheck: true) with { Maps = ["Kunde"] }, Cancellation));
        var mapped = Options(path, isCheck: true) with { Maps = ["Kunde=email", "Handy=phone_number"] };
        Assert.Equal(FileCommand.Refused, await FileCommand.RunAsync(mapped, Cancellation));
        Assert.Equal(0, await FileCommand.RunAsync(mapped with { DefaultCountry = "Germany" }, Cancellation));
    }

    [Fact]
    public async Task RunAsync_CheckWithoutStore_MakesNone()
    {
        await FileCommand.RunAsync(Options(await WriteAsync("people.csv", "Email\nann@example.com\n"), isCheck: true), Cancellation);

        Assert.False(Directory.Exists(_folder.File("data")));
    }

    [Fact]
    public async Task RunAsync_TooLarge_IsRefused()
    {
        var path = await WriteAsync("people.csv", $"Email,Note\nann@example.com,{new string('x', 5000)}\n");

        Assert.Equal(FileCommand.Unreadable, await FileCommand.RunAsync(Options(path, isCheck: true) with { MaxBytes = 4000 }, Cancellation));
        Assert.Equal(FileCommand.Unreadable, await FileCommand.RunAsync(Options(path, isCheck: false) with { MaxBytes = 4000 }, Cancellation));
    }

    /// <summary>14.3: corrected and uploaded again as it is, the error file imports.</summary>
    [Fact]
    public async Task RunAsync_ErrorFileMended_Imports()
    {
        var path = await WriteAsync("people.csv", "Email,First Name,Phone,Note\r\nann@@example.com,\"=1+1, \"\"x\"\"\",+4930123456,'quoted\r\nbob@example.com,Bob,12,\"two\r\nlines\"\r\ncid@example.com,Cid,,\r\n");
        var errors = _folder.File("errors.csv");
        var options = Options(path, isCheck: false) with { MapRemaining = true };
        Assert.Equal(FileCommand.Refused, await FileCommand.RunAsync(options with { Errors = errors }, Cancellation));
        var text = await File.ReadAllTextAsync(errors, Cancellation);
        Assert.Contains("'+4930123456", text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(errors, text.Replace("ann@@", "ann@", StringComparison.Ordinal).Replace(",12,", ",'+4930123457,", StringComparison.Ordinal), new UTF8Encoding(true), Cancellation);

        Assert.Equal(0, await FileCommand.RunAsync(options with { File = errors }, Cancellation));

        await using var services = await FileServices.CreateAsync(_folder.File("data"), new UploadOptions().MaxBytes, Cancellation);
        var documents = (await services.GetRequiredService<IProfileReader>().SearchAsync(null, null, 10, Cancellation)).Select(profile => profile.Document).ToList();
        Assert.Equal(3, documents.Count);
        Assert.Contains(documents, document => document.Contains("=1+1, \\\"x\\\"", StringComparison.Ordinal) && document.Contains("'quoted", StringComparison.Ordinal));
        Assert.Contains(documents, document => document.Contains("two\\r\\nlines", StringComparison.Ordinal) && document.Contains("+4930123457", StringComparison.Ordinal));
        Assert.DoesNotContain(documents, document => document.Contains("_outcome", StringComparison.Ordinal));
    }

    private async Task<string> WriteAsync(string name, string content)
    {
        var path = _folder.File(name);
        await File.WriteAllTextAsync(path, content, Cancellation);
        return path;
    }

    private FileCommandOptions Options(string path, bool isCheck) => new(path, isCheck, null, [], false, null, null, false, _folder.File("data"), new UploadOptions().MaxBytes);
}

using Microsoft.Extensions.Options;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>Limits of uploaded files.</summary>
public sealed class UploadOptions
{
    public const string SectionName = "Uploads";

    /// <summary>Most bytes of a file; enforced while it is received (<c>csv_too_large</c>).</summary>
    /// <value>50 MB. 1 KB – 100 GB.</value>
    public long MaxBytes { get; set; } = 50_000_000;

    /// <summary>How long files and their jobs are kept.</summary>
    /// <value>30 days. 1 h – 1 year.</value>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(30);
}

/// <summary>Checks <see cref="UploadOptions"/> at start; lists every setting out of range.</summary>
public sealed class UploadOptionsValidator : IValidateOptions<UploadOptions>
{
    public ValidateOptionsResult Validate(string? name, UploadOptions options)
    {
        var failures = new List<string>();
        if (options.MaxBytes is < 1_000 or > 100_000_000_000)
            failures.Add(FormattableString.Invariant($"{UploadOptions.SectionName}:{nameof(options.MaxBytes)} is {options.MaxBytes}; it must be between 1000 and 100000000000."));
        if (options.Retention < TimeSpan.FromHours(1) || options.Retention > TimeSpan.FromDays(366))
            failures.Add(FormattableString.Invariant($"{UploadOptions.SectionName}:{nameof(options.Retention)} is {options.Retention:c}; it must be between 01:00:00 and 366.00:00:00."));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}

using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Consent;

/// <summary>What a source decides about consent.</summary>
public sealed record ConsentOptions
{
    public static ConsentOptions Default { get; } = new();

    /// <value>Whether status text is read as narrowly as Klaviyo does; false by default.</value>
    public bool StrictKlaviyo { get; init; }

    /// <value>Whether SMS consent needs a valid date of birth on the row (C14); false by default.</value>
    public bool AgeGatedSms { get; init; }

    /// <value>
    /// Registers that every row subscribes to, where no column of the register is mapped: the statement a CSV upload makes once for the file, with a recorded
    /// confirmation (9.2). A warehouse sync may not make it. Empty by default.
    /// </value>
    public ImmutableArray<ConsentRegisterKind> AllRowsSubscribed { get; init; } = [];
}

/// <summary>A column mapped to a consent target.</summary>
/// <param name="Input">The column's native kind.</param>
/// <param name="Values">How its dates are read; the defaults if null.</param>
public sealed record ConsentColumnBinding(ConsentColumn Column, InputKind Input, ValueOptions? Values = null);

/// <summary>A problem of one consent cell.</summary>
/// <param name="Column">Index into the bindings, or -1 if no column is to blame.</param>
public readonly record struct ConsentProblem(int Column, Problem Problem);

/// <summary>What a row says about consent.</summary>
/// <param name="Problems">In the order of the bindings. With an error among them the row fails and the writes are empty.</param>
public readonly record struct ConsentReading(ImmutableArray<ConsentWrite> Writes, ImmutableArray<SuppressionWrite> Suppressions, ImmutableArray<ConsentProblem> Problems);

/// <summary>
/// Reads the consent cells of rows (profile-import-rules 9.2–9.4, C1, C2, C14). Made once per run; thread-safe; the same row gives the same result (G15).
/// </summary>
public sealed class ConsentReader
{
    /// <summary>Most characters of a custom source.</summary>
    public const int MaxCustomSourceLength = 255;

    /// <summary>1990-01-01T00:00:00Z, the earliest consent instant (C1).</summary>
    public static readonly SourceInstant Earliest = new(631_152_000, 0);

    private static readonly int RegisterCount = ConsentRegisterKinds.All.Count;

    private readonly ConsentColumnBinding[] _columns;
    private readonly IValueConverter?[] _converters;
    private readonly ConsentOptions _options;
    private readonly int[] _status;
    private readonly int[] _timestamp;
    private readonly int _channels;
    private readonly int _customSource;
    private readonly int _suppressed;
    private readonly int _reason;
    private readonly int _dateOfBirth;

    /// <param name="columns">The mapped consent columns, in the order in which <see cref="Read"/> gets their cells; each target at most once.</param>
    /// <exception cref="ArgumentException">A target is mapped twice, or a column cannot fill it (see <see cref="ConsentColumns.Check"/>).</exception>
    public ConsentReader(IReadOnlyList<ConsentColumnBinding> columns, ConsentOptions? options = null)
    {
        _columns = [.. columns];
        _options = options ?? ConsentOptions.Default;
        foreach (var binding in _columns)
        {
            if (ConsentColumns.Check(binding.Column.Path, binding.Input) is { } objection) throw new ArgumentException(objection.Detail, nameof(columns));
            if (_columns.Count(other => other.Column.Path == binding.Column.Path) > 1)
                throw new ArgumentException($"{binding.Column.Path} is mapped from more than one column.", nameof(columns));
        }

        _converters = [.. _columns.Select(ConverterOf)];
        _status = [.. ConsentRegisterKinds.All.Select(kind => IndexOf(ConsentColumnRole.Status, kind))];
        _timestamp = [.. ConsentRegisterKinds.All.Select(kind => IndexOf(ConsentColumnRole.Timestamp, kind))];
        _channels = IndexOf(ConsentColumnRole.Channels);
        _customSource = IndexOf(ConsentColumnRole.CustomSource);
        _suppressed = IndexOf(ConsentColumnRole.Suppressed);
        _reason = IndexOf(ConsentColumnRole.SuppressionReason);
        _dateOfBirth = IndexOf(ConsentColumnRole.DateOfBirth);
    }

    /// <summary>True if no row says anything about consent, so that <see cref="Read"/> need not be called.</summary>
    public bool IsEmpty => _columns.Length == 0 && _options.AllRowsSubscribed.IsEmpty;

    /// <summary>Reads the consent cells of one row.</summary>
    /// <param name="cells">The cells in the order of the bindings; null for SQL NULL.</param>
    /// <param name="modifiedAt">The row's source instant, which stands in for a missing consent timestamp.</param>
    /// <param name="ceiling">The run's ceiling (R2); for an upload the instant it started.</param>
    /// <exception cref="ArgumentException">Another number of cells than of bindings.</exception>
    public ConsentReading Read(ReadOnlySpan<string?> cells, SourceInstant modifiedAt, SourceInstant ceiling)
    {
        if (cells.Length != _columns.Length) throw new ArgumentException($"{cells.Length} cells were given for {_columns.Length} consent columns.", nameof(cells));

        var row = new RowReading(modifiedAt, ceiling);
        var channels = ReadChannels(cells, row);
        var customSource = ReadCustomSource(cells, row);
        foreach (var kind in ConsentRegisterKinds.All) ReadRegister(kind, cells, channels.Contains(kind), customSource, row);
        if (_options.AgeGatedSms) CheckAge(cells, row);
        ReadSuppression(cells, row);

        ImmutableArray<ConsentProblem> problems = [.. row.Problems.OrderBy(problem => problem.Column < 0 ? int.MaxValue : problem.Column)];
        return problems.Any(problem => problem.Problem.Severity == ProblemSeverity.Error)
            ? new ConsentReading([], [], problems)
            : new ConsentReading([.. row.Writes], [.. row.Suppressions], problems);
    }

    private void ReadRegister(ConsentRegisterKind kind, ReadOnlySpan<string?> cells, bool inChannels, string? customSource, RowReading row)
    {
        var status = _status[(int)kind];
        var timestamp = _timestamp[(int)kind];
        if (!TryReadTimestamp(timestamp, cells, row, out var stated)) return;

        ConsentStatement? statement = null;
        if (status >= 0 && !ConsentValues.TryParse(cells[status], _columns[status].Input, _options.StrictKlaviyo, out statement, out var error))
        {
            row.Problems.Add(new ConsentProblem(status, error));
            return;
        }

        if (status < 0 && timestamp >= 0 && stated is not null) statement = ConsentStatement.Subscribed;
        if (status < 0 && timestamp < 0 && _options.AllRowsSubscribed.Contains(kind)) statement = ConsentStatement.Subscribed;
        if (inChannels) statement ??= ConsentStatement.Subscribed;
        if (statement is not { } said) return;

        var instant = stated ?? row.ModifiedAt;
        var column = timestamp >= 0 ? timestamp : status >= 0 ? status : inChannels ? _channels : -1;
        if (instant > row.Ceiling)
        {
            row.Problems.Add(new ConsentProblem(column, ProblemCatalogue.Fill(ProblemCodes.ConsentTimestampInFuture, ("t", instant.ToString()))));
            return;
        }

        if (instant < Earliest && said != ConsentStatement.NeverSubscribed)
        {
            instant = Earliest;
            row.Problems.Add(new ConsentProblem(column, ProblemCatalogue.Fill(ProblemCodes.ConsentTimestampClamped)));
        }

        row.Writes.Add(new ConsentWrite(kind, said, instant, customSource));
    }

    private bool TryReadTimestamp(int column, ReadOnlySpan<string?> cells, RowReading row, out SourceInstant? instant)
    {
        instant = null;
        if (column < 0 || cells[column] is not { } cell) return true;
        var parsed = _converters[column]!.Convert(cell);
        if (parsed.Error is not null)
        {
            row.Problems.Add(new ConsentProblem(column, ProblemCatalogue.Fill(ProblemCodes.ConsentTimestampInvalid, ("value", cell))));
            return false;
        }

        if (parsed.Json is { } json && CanonicalJson.TryGetText(json, out var text)) instant = SourceInstant.Parse(text);
        return true;
    }

    private List<ConsentRegisterKind> ReadChannels(ReadOnlySpan<string?> cells, RowReading row)
    {
        var registers = new List<ConsentRegisterKind>(RegisterCount);
        if (_channels < 0 || cells[_channels]?.Trim() is not { Length: > 0 } cell) return registers;

        string[] names = [cell];
        if (cell[0] == '[')
        {
            var parsed = ValueConverters.For(PropertyType.List, InputKind.Text).Convert(cell);
            if (parsed.Error is { } error)
            {
                row.Problems.Add(new ConsentProblem(_channels, error));
                return registers;
            }

            using var list = JsonDocument.Parse(parsed.Json!);
            names = [.. list.RootElement.EnumerateArray().Select(item => item.ToString())];
        }

        foreach (var name in names)
        {
            var channel = name.Trim();
            if (channel.Equals("email", StringComparison.OrdinalIgnoreCase)) registers.Add(ConsentRegisterKind.EmailMarketing);
            else if (channel.Equals("sms", StringComparison.OrdinalIgnoreCase)) registers.Add(ConsentRegisterKind.SmsMarketing);
            else row.Problems.Add(new ConsentProblem(_channels, ProblemCatalogue.Fill(ProblemCodes.ConsentChannelIgnored, ("value", name))));
        }

        return registers;
    }

    private string? ReadCustomSource(ReadOnlySpan<string?> cells, RowReading row)
    {
        if (_customSource < 0 || string.IsNullOrWhiteSpace(cells[_customSource])) return null;
        var cell = cells[_customSource]!;
        if (!UnicodeText.IsStorable(cell))
        {
            row.Problems.Add(new ConsentProblem(_customSource, ProblemCatalogue.Fill(ProblemCodes.TextInvalid)));
            return null;
        }

        var text = UnicodeText.Nfc(cell.Trim());
        if (UnicodeText.CountCharacters(text) is var length && length <= MaxCustomSourceLength) return text;
        row.Problems.Add(new ConsentProblem(_customSource, ProblemCatalogue.Fill(
            ProblemCodes.TextTooLong,
            ("n", length.ToString(CultureInfo.InvariantCulture)),
            ("max", MaxCustomSourceLength.ToString(CultureInfo.InvariantCulture)))));
        return null;
    }

    private void CheckAge(ReadOnlySpan<string?> cells, RowReading row)
    {
        if (!row.Writes.Any(write => write.Register.IsSms() && write.Statement == ConsentStatement.Subscribed)) return;
        var cell = _dateOfBirth < 0 ? null : cells[_dateOfBirth];
        var isValid = cell is not null
            && _converters[_dateOfBirth]!.Convert(cell).Json is { } json
            && CanonicalJson.TryGetText(json, out var text)
            && SourceInstant.Parse(text) <= row.Ceiling;
        if (!isValid) row.Problems.Add(new ConsentProblem(_dateOfBirth, ProblemCatalogue.Fill(ProblemCodes.ConsentAgeMissing)));
    }

    private void ReadSuppression(ReadOnlySpan<string?> cells, RowReading row)
    {
        SuppressionReason? reason = null;
        if (_suppressed >= 0 && cells[_suppressed] is { } flag)
        {
            var parsed = _converters[_suppressed]!.Convert(flag);
            if (parsed.Error is { } error) row.Problems.Add(new ConsentProblem(_suppressed, error));
            else if (parsed.Json == "true") reason = SuppressionReason.UserSuppressed;
        }

        // A named reason counts whatever the flag says: leaving a suppression out is the worse mistake.
        if (_reason >= 0 && cells[_reason] is { } name && !string.IsNullOrWhiteSpace(name))
        {
            if (SuppressionReasons.TryParse(name, out var named)) reason = named;
            else row.Problems.Add(new ConsentProblem(_reason, ProblemCatalogue.Fill(ProblemCodes.SuppressionReasonInvalid, ("value", name))));
        }

        if (reason is { } added) row.Suppressions.Add(new SuppressionWrite(added, row.ModifiedAt));
    }

    private int IndexOf(ConsentColumnRole role, ConsentRegisterKind? kind = null) =>
        Array.FindIndex(_columns, binding => binding.Column.Role == role && binding.Column.Register == kind);

    private IValueConverter? ConverterOf(ConsentColumnBinding binding) => binding.Column.Role switch
    {
        ConsentColumnRole.Timestamp or ConsentColumnRole.DateOfBirth => ValueConverters.For(PropertyType.Date, binding.Input, binding.Values),
        ConsentColumnRole.Suppressed => ValueConverters.For(PropertyType.Boolean, binding.Input, (binding.Values ?? ValueOptions.Default) with { StrictKlaviyo = _options.StrictKlaviyo }),
        _ => null,
    };

    private sealed class RowReading(SourceInstant modifiedAt, SourceInstant ceiling)
    {
        public SourceInstant ModifiedAt => modifiedAt;

        public SourceInstant Ceiling => ceiling;

        public List<ConsentWrite> Writes { get; } = new(RegisterCount);

        public List<SuppressionWrite> Suppressions { get; } = [];

        public List<ConsentProblem> Problems { get; } = [];
    }
}

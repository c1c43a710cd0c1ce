using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace WarehouseImport.Profiles.Problems;

/// <summary>The error catalogue (profile-import-rules 13, and the mapping codes of 12): the one place where a code gets its words.</summary>
public static class ProblemCatalogue
{
    /// <summary>The most characters of a value that a message shows; the rest is cut and marked with an ellipsis.</summary>
    public const int MaxShownCharacters = 120;

    /// <summary>All entries, in catalogue order.</summary>
    public static IReadOnlyList<ProblemDefinition> All { get; } =
    [
        new(ProblemCodes.IdentifierMissing, ProblemSeverity.Error, ProblemCategory.Identifier, "Identifier missing", "Missing Unique ID",
            "This row has no value in any mapped identifier column.",
            "Fill at least one identifier column, or map another one."),
        new(ProblemCodes.DuplicateIdentifier, ProblemSeverity.Warning, ProblemCategory.Identifier, "Identifier repeated", "Duplicate Unique ID",
            "{identifier} appears again in this file; the row on line {n} was used.",
            "Keep one row per person, or map a modified_at column so that the newest row wins."),
        new(ProblemCodes.ConflictingDuplicate, ProblemSeverity.Warning, ProblemCategory.Conflict, "Rows of one instant disagree", null,
            "Two rows for {identifier} have the same modified_at but different values; {winner} was used.",
            "Give modified_at a finer precision, or leave only one row per person and instant."),
        new(ProblemCodes.IdentifierConflict, ProblemSeverity.Error, ProblemCategory.Conflict, "Identifiers of two profiles", "409 duplicate_profile",
            "{a} belongs to profile {p1} and {b} to profile {p2}.",
            "Decide which identifier is right, or merge the two profiles."),
        new(ProblemCodes.IdentifierReassigned, ProblemSeverity.Warning, ProblemCategory.Conflict, "Identifier moved", null,
            "{value} was moved from profile {p1} to {p2} because this row is newer.",
            "Check whether the two profiles are one person and should be merged."),
        new(ProblemCodes.ProfileIdUnknown, ProblemSeverity.Error, ProblemCategory.Identifier, "Profile unknown", null,
            "There is no profile with id {id}.",
            "Ids are given by WarehouseImport; use an external id, an email address or a phone number for new people."),
        new(ProblemCodes.EmailInvalid, ProblemSeverity.Error, ProblemCategory.Email, "Email address invalid", "Invalid email format",
            "“{value}” is not a valid email address: {reason}.",
            "Correct the address in the source."),
        new(ProblemCodes.EmailTooLong, ProblemSeverity.Error, ProblemCategory.Email, "Email address too long", null,
            "The email address has {n} characters; the limit is {max}.",
            "Correct the address in the source."),
        new(ProblemCodes.ExternalIdTooLong, ProblemSeverity.Error, ProblemCategory.Identifier, "External id too long", null,
            "The external id has {n} characters; the limit is 64.",
            "Use a shorter id; it is never cut, because cutting can join two people."),
        new(ProblemCodes.ExternalIdInvalid, ProblemSeverity.Error, ProblemCategory.Identifier, "External id invalid", null,
            "The external id “{value}” contains {what}.",
            "Correct the id in the source, or map a text or integer column."),
        new(ProblemCodes.PhoneInvalid, ProblemSeverity.Error, ProblemCategory.Phone, "Phone number invalid", "phone number formatting",
            "“{value}” is not a valid phone number{for_country}.",
            "Write the number as + and country code, or correct the country. A number that only the numbering data refuses is accepted with phone.acceptPossible: true."),
        new(ProblemCodes.PhoneCountryMissing, ProblemSeverity.Error, ProblemCategory.Phone, "Country of the phone number unknown", "phone number formatting",
            "The number has no + and country code, and no country is known for this row.",
            "Name a country column (phone.countryColumn) or a default country (phone.defaultCountry), or write the number with + and country code."),
        new(ProblemCodes.PhoneCountryMismatch, ProblemSeverity.Warning, ProblemCategory.Phone, "Phone number of another country", null,
            "The number is from {a} but the country column says {b}; the number was used.",
            "Check the country column, or name another column in phone.countryColumn."),
        new(ProblemCodes.NumberInvalid, ProblemSeverity.Error, ProblemCategory.Type, "Not a number", "Invalid number format",
            "“{value}” is not a number: {reason}.",
            "Write digits with at most one point; no symbols, separators or spaces."),
        new(ProblemCodes.NumberOutOfRange, ProblemSeverity.Error, ProblemCategory.Type, "Number too long", "Invalid number format",
            "“{value}” needs more than 38 digits.",
            "Round it in the source, or give the property the type text."),
        new(ProblemCodes.BooleanInvalid, ProblemSeverity.Error, ProblemCategory.Type, "Not true or false", "Invalid boolean format",
            "“{value}” is not true or false.",
            "Use true or false."),
        new(ProblemCodes.DateInvalid, ProblemSeverity.Error, ProblemCategory.Date, "Not a date", "incorrect date or timestamp format",
            "“{value}” is not an accepted date; use YYYY-MM-DD or MM/DD/YYYY, optionally with HH:MM:SS.",
            "Month names, 12-hour clocks and spreadsheet serial numbers are not read; format the column as YYYY-MM-DD in the source."),
        new(ProblemCodes.ListInvalid, ProblemSeverity.Error, ProblemCategory.Type, "Not a list", "Invalid list format",
            "“{value}” is not a JSON list such as [\"a\",\"b\"]: {reason}.",
            "Write a JSON array with straight quotes, also for a single item."),
        new(ProblemCodes.ListItemInvalid, ProblemSeverity.Error, ProblemCategory.Type, "List item not allowed", "Invalid list format",
            "“{value}” is not a JSON list such as [\"a\",\"b\"]: {reason}.",
            "A list holds texts, numbers and booleans; use type json for anything nested."),
        new(ProblemCodes.ListTooLong, ProblemSeverity.Error, ProblemCategory.Size, "List too long", "Invalid list format",
            "The list has {n} items; the limit is {max}.",
            "Shorten the list in the source."),
        new(ProblemCodes.JsonInvalid, ProblemSeverity.Error, ProblemCategory.Type, "Not JSON", null,
            "The value is not valid JSON: {reason}.",
            "Correct the JSON in the source."),
        new(ProblemCodes.JsonTooDeep, ProblemSeverity.Error, ProblemCategory.Size, "JSON nested too deep", null,
            "The value is not valid JSON: it is nested deeper than {max} levels.",
            "Flatten the value in the source."),
        new(ProblemCodes.TextInvalid, ProblemSeverity.Error, ProblemCategory.Type, "Text cannot be stored", null,
            "The text contains a character that cannot be stored.",
            "Remove NUL characters and broken Unicode from the source."),
        new(ProblemCodes.TextTooLong, ProblemSeverity.Error, ProblemCategory.Size, "Text too long", null,
            "The text has {n} characters; the limit is {max}.",
            "Shorten the text in the source, or map the column to a custom property."),
        new(ProblemCodes.RequiredMissing, ProblemSeverity.Error, ProblemCategory.Type, "Required value missing", "Missing value in a required field",
            "{target} is marked required and is empty.",
            "Fill the column, or take the mark off the mapping."),
        new(ProblemCodes.LocaleInvalid, ProblemSeverity.Error, ProblemCategory.Type, "Locale invalid", null,
            "“{value}” is not a valid locale.",
            "Use a language and a region, for example en-US."),
        new(ProblemCodes.ImageInvalid, ProblemSeverity.Error, ProblemCategory.Type, "Image address invalid", null,
            "“{value}” is not a valid image address.",
            "Use an absolute http or https address of at most 2048 characters."),
        new(ProblemCodes.IpInvalid, ProblemSeverity.Error, ProblemCategory.Type, "IP address invalid", null,
            "“{value}” is not a valid IP address.",
            "Use an IPv4 address such as 192.0.2.1 or an IPv6 address."),
        new(ProblemCodes.LatitudeInvalid, ProblemSeverity.Error, ProblemCategory.Type, "Latitude invalid", null,
            "“{value}” is not a valid latitude.",
            "Use a number from -90 to 90."),
        new(ProblemCodes.LongitudeInvalid, ProblemSeverity.Error, ProblemCategory.Type, "Longitude invalid", null,
            "“{value}” is not a valid longitude.",
            "Use a number from -180 to 180."),
        new(ProblemCodes.CoordinatesIncomplete, ProblemSeverity.Warning, ProblemCategory.Type, "Half a position", null,
            "The row has a {present} but no {absent}.",
            "Give both latitude and longitude, or neither."),
        new(ProblemCodes.TimezoneUnknown, ProblemSeverity.Warning, ProblemCategory.Type, "Time zone unknown", null,
            "“{value}” is not a known time zone; kept as text.",
            "Use an IANA name such as America/New_York."),
        new(ProblemCodes.ZipNumeric, ProblemSeverity.Warning, ProblemCategory.Type, "Zip codes from a numeric column", null,
            "Zip codes come from a numeric column; leading zeros may be lost.",
            "Make it a text column in the warehouse, for example with LPAD."),
        new(ProblemCodes.ConsentValueInvalid, ProblemSeverity.Error, ProblemCategory.Consent, "Consent invalid", "Invalid consent",
            "“{value}” is not a consent status; use Subscribed, Unsubscribed or Never Subscribed.",
            "Correct the status; consent is never changed by an invalid value."),
        new(ProblemCodes.ConsentTimestampInvalid, ProblemSeverity.Error, ProblemCategory.Consent, "Consent time invalid", "incorrect timestamp",
            "“{value}” is not an accepted date; use YYYY-MM-DD or MM/DD/YYYY, optionally with HH:MM:SS.",
            "Format the column as YYYY-MM-DD HH:MM:SS in the source."),
        new(ProblemCodes.ConsentTimestampInFuture, ProblemSeverity.Error, ProblemCategory.Consent, "Consent in the future", null,
            "The consent time {t} lies in the future.",
            "Correct the time, or the time zone of the column."),
        new(ProblemCodes.ConsentTimestampClamped, ProblemSeverity.Warning, ProblemCategory.Consent, "Consent time moved to 1990", null,
            "The consent time was before 1990-01-01 and was set to that day.",
            "Check the column; very old times are often missing values."),
        new(ProblemCodes.ConsentOlderThanOptOut, ProblemSeverity.Warning, ProblemCategory.Consent, "Consent older than the opt-out", null,
            "The profile opted out at {t}, after this consent; nothing was changed.",
            "Nothing to do, unless the opt-out was a mistake."),
        new(ProblemCodes.ConsentOlderThanOptIn, ProblemSeverity.Warning, ProblemCategory.Consent, "Opt-out older than the consent", null,
            "The profile opted in at {t}, after this opt-out; nothing was changed.",
            "Nothing to do, unless the opt-in was a mistake."),
        new(ProblemCodes.ConsentResetIgnored, ProblemSeverity.Warning, ProblemCategory.Consent, "Consent not reset", null,
            "Consent cannot be set back to Never Subscribed.",
            "Use Unsubscribed to take consent away."),
        new(ProblemCodes.ConsentWithoutAddress, ProblemSeverity.Error, ProblemCategory.Consent, "Consent without an address", null,
            "{channel} consent needs {what}.",
            "Map the address column, or fill it on this row."),
        new(ProblemCodes.ConsentFixedLine, ProblemSeverity.Warning, ProblemCategory.Consent, "Consent for a fixed line", null,
            "{number} is a fixed line; SMS consent was not applied.",
            "Use a mobile number."),
        new(ProblemCodes.ConsentChannelIgnored, ProblemSeverity.Warning, ProblemCategory.Consent, "Consent channel ignored", "Invalid consent channels",
            "Channel “{value}” is not supported.",
            "Use email or sms."),
        new(ProblemCodes.ConsentChannelUnsupported, ProblemSeverity.Error, ProblemCategory.Consent, "Consent channel unsupported", "Invalid consent channels",
            "Channel “{value}” is not supported.",
            "Map email or SMS consent only."),
        new(ProblemCodes.ConsentAgeMissing, ProblemSeverity.Error, ProblemCategory.Consent, "Date of birth missing", null,
            "SMS consent needs a valid date of birth.",
            "Map a date of birth column to consent.date_of_birth, or turn age-gating off (Consent:AgeGatedSms)."),
        new(ProblemCodes.ConsentAllRowsSubscribed, ProblemSeverity.Notice, ProblemCategory.Consent, "All rows subscribed", null,
            "Every row subscribes to {registers}; confirmed by “{confirmation}”.",
            "Nothing to do; the statement is kept with the import."),
        new(ProblemCodes.SuppressionReasonInvalid, ProblemSeverity.Error, ProblemCategory.Consent, "Suppression reason invalid", null,
            "“{value}” is not a reason for suppressing mail.",
            "Use HARD_BOUNCE, INVALID_EMAIL, SPAM_COMPLAINT, UNSUBSCRIBE or USER_SUPPRESSED."),
        new(ProblemCodes.PropertyTooLarge, ProblemSeverity.Error, ProblemCategory.Size, "Value too large", "100 KB limit",
            "The value has {n} bytes; the limit is {max}.",
            "Shorten the value in the source."),
        new(ProblemCodes.ProfileTooLarge, ProblemSeverity.Error, ProblemCategory.Size, "Profile too large", "100 KB limit",
            "The profile has {n} characters of JSON; the limit is {max}.",
            "Map fewer or smaller properties; the limit counts all of a profile."),
        new(ProblemCodes.TooManyProperties, ProblemSeverity.Error, ProblemCategory.Size, "Too many properties", "100 KB limit",
            "The profile would have {n} properties; the limit is {max}.",
            "Map fewer columns, or combine some into one json property."),
        new(ProblemCodes.RowTooLarge, ProblemSeverity.Error, ProblemCategory.Size, "Row too large", null,
            "The row exceeds {max}.",
            "Map fewer or smaller columns."),
        new(ProblemCodes.CellTooLarge, ProblemSeverity.Error, ProblemCategory.Size, "Cell too large", null,
            "The cell exceeds {max}.",
            "Shorten the value in the source."),
        new(ProblemCodes.CursorNull, ProblemSeverity.Notice, ProblemCategory.Cursor, "Rows without modified_at", null,
            "{n} rows have no modified_at and were not read.",
            "Fill the column, or combine it with one that is always set (cursor.secondColumn)."),
        new(ProblemCodes.CursorFuture, ProblemSeverity.Notice, ProblemCategory.Cursor, "Rows of the future", null,
            "{n} rows are dated after this run's ceiling and wait.",
            "They are read when their time comes; check the time zone of the column if they are many."),
        new(ProblemCodes.CursorUnparsable, ProblemSeverity.Error, ProblemCategory.Cursor, "modified_at unreadable", null,
            "“{value}” in {column} is not in the stated format.",
            "Correct the value, or the format in the mapping."),
        new(ProblemCodes.CsvWrongColumns, ProblemSeverity.Error, ProblemCategory.File, "Wrong number of cells", null,
            "Line {n} has {a} cells; the header has {b}.",
            "Look for a missing or extra separator, or for an unquoted line break."),
        new(ProblemCodes.CsvBadQuote, ProblemSeverity.Error, ProblemCategory.File, "Broken quotes", null,
            "Line {n} has a quote that is not closed or not doubled; reading stopped there.",
            "Double every quote inside a quoted cell."),
        new(ProblemCodes.CsvBadEncoding, ProblemSeverity.Error, ProblemCategory.File, "Encoding unreadable", null,
            "The file is not UTF-8, or UTF-16 with a byte order mark; byte {n} cannot be read.",
            "Save the file as CSV UTF-8."),
        new(ProblemCodes.CsvEmpty, ProblemSeverity.Error, ProblemCategory.File, "File empty", null,
            "The file has no rows.",
            "Upload a file with a header line and at least one row."),
        new(ProblemCodes.CsvNoHeader, ProblemSeverity.Error, ProblemCategory.File, "Header missing", null,
            "The first line does not name the columns.",
            "Put the column names in the first line."),
        new(ProblemCodes.CsvTooLarge, ProblemSeverity.Error, ProblemCategory.File, "File too large", null,
            "The file has {n} bytes; the limit is {max}.",
            "Split the file, or use a warehouse sync."),
        new(ProblemCodes.CsvDuplicateHeader, ProblemSeverity.Error, ProblemCategory.File, "Column named twice", null,
            "The column name “{value}” appears more than once in the header.",
            "Rename one of the columns."),
        new(ProblemCodes.CsvDelimiterDetected, ProblemSeverity.Notice, ProblemCategory.File, "Other separator", "all columns imported as a single field",
            "The file uses “{d}” as separator; it was read that way.",
            "Nothing to do."),
        new(ProblemCodes.InternalError, ProblemSeverity.Error, ProblemCategory.Internal, "Not processed", null,
            "The row could not be processed; reference {id}.",
            "It is tried again by itself; if it stays, give the reference to an operator."),
        new(ProblemCodes.MappingNoIdentifier, ProblemSeverity.Error, ProblemCategory.Mapping, "No identifier mapped", null,
            "No column is mapped to an identifier.",
            "Map a column to external_id, email, phone_number or id."),
        new(ProblemCodes.MappingNoCursor, ProblemSeverity.Error, ProblemCategory.Mapping, "No modified_at column", null,
            "The sync has no modified_at column.",
            "Choose the column that says when a row was created or changed."),
        new(ProblemCodes.MappingDuplicateTarget, ProblemSeverity.Error, ProblemCategory.Mapping, "Target mapped twice", null,
            "Columns {a} and {b} are both mapped to {target}.",
            "Keep one of them."),
        new(ProblemCodes.MappingCursorAsIdentifier, ProblemSeverity.Error, ProblemCategory.Mapping, "Cursor used as identifier", null,
            "{column} is the modified_at column and cannot be an identifier too.",
            "Map another column as identifier."),
        new(ProblemCodes.PropertyOwnedByOtherSync, ProblemSeverity.Error, ProblemCategory.Mapping, "Property owned by another sync", null,
            "{target} is imported by the sync “{sync}”.",
            "Take it out of one of the two syncs, or list it in allowSharedProperties of this one."),
        new(ProblemCodes.PropertyNameReserved, ProblemSeverity.Error, ProblemCategory.Mapping, "Name reserved", null,
            "“{value}” is reserved for a standard property and cannot be the name of a custom property.",
            "Choose another name, or map the column to the standard property."),
        new(ProblemCodes.PropertyNameInvalid, ProblemSeverity.Error, ProblemCategory.Mapping, "Name invalid", null,
            "“{value}” cannot be the name of a custom property: {reason}.",
            "Use 1 to 255 characters, none of them a control character."),
        new(ProblemCodes.PropertyReadOnly, ProblemSeverity.Error, ProblemCategory.Mapping, "Property read-only", null,
            "{target} is read-only and cannot be imported.",
            "Map the column to a custom property under another name."),
        new(ProblemCodes.PropertyTypeConflict, ProblemSeverity.Error, ProblemCategory.Mapping, "Type differs", null,
            "{target} has the type {a}; this mapping says {b}.",
            "Use the declared type, or another property."),
        new(ProblemCodes.ColumnTypeUnsupported, ProblemSeverity.Error, ProblemCategory.Mapping, "Column type not readable", null,
            "A column of type {a} cannot be imported as {b}.",
            "Convert the column in a view, or choose another type."),
        new(ProblemCodes.ConsentTimestampWithoutAddress, ProblemSeverity.Error, ProblemCategory.Mapping, "Consent time without an address", null,
            "A consent timestamp is mapped but neither an email address nor a phone number.",
            "Map the address column, too."),
        new(ProblemCodes.ColumnMissing, ProblemSeverity.Error, ProblemCategory.Mapping, "Column missing", null,
            "The dataset no longer has the column {column}.",
            "Restore the column, or take it out of the mapping."),
        new(ProblemCodes.ColumnTypeChanged, ProblemSeverity.Error, ProblemCategory.Mapping, "Column type changed", null,
            "{column} was {a} and is now {b}.",
            "Check the mapping and save it again."),
        new(ProblemCodes.DatasetUnreadable, ProblemSeverity.Error, ProblemCategory.Mapping, "Dataset unreadable", null,
            "The mapped columns of {dataset} cannot be read: {reason}.",
            "Grant the connection SELECT on the dataset."),
        new(ProblemCodes.DatasetEmptyWarning, ProblemSeverity.Warning, ProblemCategory.Mapping, "Dataset empty", null,
            "{dataset} has no rows.",
            "Nothing to do if rows are still to come."),
        new(ProblemCodes.CursorVolatile, ProblemSeverity.Error, ProblemCategory.Mapping, "Cursor moves with the clock", null,
            "The greatest value of {column} moves with the clock.",
            "Use a stored timestamp, not an expression over the current time."),
    ];

    private static readonly FrozenDictionary<string, ProblemDefinition> ByCode = All.ToFrozenDictionary(definition => definition.Code, StringComparer.Ordinal);

    /// <exception cref="KeyNotFoundException">The code is not in the catalogue.</exception>
    public static ProblemDefinition Get(string code) =>
        ByCode.TryGetValue(code, out var definition) ? definition : throw new KeyNotFoundException($"'{code}' is not a code of the problem catalogue.");

    public static bool TryGet(string code, [NotNullWhen(true)] out ProblemDefinition? definition) => ByCode.TryGetValue(code, out definition);

    /// <summary>
    /// Makes the problem of a code with its message filled in. Values are made safe to store and show: cut to
    /// <see cref="MaxShownCharacters"/>, and NUL, control characters and broken Unicode replaced by U+FFFD.
    /// </summary>
    /// <exception cref="KeyNotFoundException">The code is not in the catalogue.</exception>
    /// <exception cref="ArgumentException">A hole of the message got no value, or a value has no hole.</exception>
    public static Problem Fill(string code, params ReadOnlySpan<(string Hole, string Value)> holes)
    {
        var definition = Get(code);
        return new Problem(code, definition.Severity, FillTemplate(definition, holes), definition.Hint);
    }

    /// <summary>The form of a value that messages show.</summary>
    public static string Show(string value)
    {
        var shown = new StringBuilder(Math.Min(value.Length, MaxShownCharacters) + 1);
        var count = 0;
        foreach (var rune in value.EnumerateRunes())
        {
            if (count++ == MaxShownCharacters)
            {
                shown.Append('…');
                break;
            }

            shown.Append((Rune.IsControl(rune) ? Rune.ReplacementChar : rune).ToString());
        }

        return shown.ToString();
    }

    private static string FillTemplate(ProblemDefinition definition, ReadOnlySpan<(string Hole, string Value)> holes)
    {
        var message = new StringBuilder(definition.Template.Length + 64);
        var rest = definition.Template.AsSpan();
        var filled = 0;
        while (true)
        {
            var open = rest.IndexOf('{');
            if (open < 0) break;
            var close = rest.IndexOf('}');
            message.Append(rest[..open]).Append(Show(ValueOf(definition, rest[(open + 1)..close], holes)));
            rest = rest[(close + 1)..];
            filled++;
        }

        if (filled != holes.Length)
            throw new ArgumentException($"The message of '{definition.Code}' has {filled} holes but {holes.Length} values were given.", nameof(holes));
        return message.Append(rest).ToString();
    }

    private static string ValueOf(ProblemDefinition definition, ReadOnlySpan<char> hole, ReadOnlySpan<(string Hole, string Value)> holes)
    {
        foreach (var (name, value) in holes)
            if (hole.SequenceEqual(name)) return value;
        throw new ArgumentException($"The message of '{definition.Code}' needs a value for '{hole}'.", nameof(holes));
    }
}

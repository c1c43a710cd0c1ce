using System.Text.RegularExpressions;
using WarehouseImport.Warehouses.Http;

namespace WarehouseImport.Warehouses.Snowflake;

/// <summary>
/// Maps refusals to <see cref="WarehouseException"/> with the grant that is missing (section 8). A server's message can quote cells, so only its code, SQL state and
/// handle are passed on (S10), and the number of a refused token, which an administrator needs.
/// </summary>
internal static partial class SnowflakeErrors
{
    /// <summary>The handle is unknown: the result has expired, or it is another account's.</summary>
    public const string HandleUnknown = "000709";

    public static HttpVerdict Classify(HttpRefusal refusal, SnowflakeTarget target, string what, DatasetName? dataset, bool isSigned)
    {
        var code = refusal.Text("code") ?? "";
        if (SignIn(code, refusal, target) is { } refused)
        {
            // 390422 is the network policy's, which no new token changes.
            return isSigned && code != "390422" ? HttpVerdict.RefreshToken(refused) : HttpVerdict.GiveUp(refused);
        }

        return (int)refusal.Status switch
        {
            401 => isSigned ? HttpVerdict.RefreshToken(Refused(code, refusal, target)) : HttpVerdict.GiveUp(Refused(code, refusal, target)),
            403 => HttpVerdict.GiveUp(new WarehouseException(
                WarehouseErrors.PermissionDenied,
                $"{what} failed: Snowflake forbids it (HTTP 403{Named(code)}).",
                "Let this server's outbound address pass the account's network policy, and see that the SQL API is not blocked.")),
            404 => HttpVerdict.GiveUp(new WarehouseException(
                WarehouseErrors.SettingInvalid,
                $"{what} failed: {target.Url.Host} is no Snowflake account (HTTP 404).",
                "Check the setting 'account': copy it from Snowflake under Account, View account details, Account identifier.")),
            408 => HttpVerdict.GiveUp(TimedOut(what, target)),
            429 => HttpVerdict.Throttled(new WarehouseException(
                WarehouseErrors.Busy,
                $"{what} failed: Snowflake takes no more requests of this account now ({(code.Length == 0 ? "HTTP 429" : code)}).",
                "Other clients of the account compete; the next attempt asks again.",
                isTransient: true)),
            522 => HttpVerdict.GiveUp(new WarehouseException(
                WarehouseErrors.Unreachable, $"{what} failed: Snowflake reports a problem with its certificate (HTTP 522).", "See Snowflake's status page.", isTransient: true)),
            >= 500 => HttpVerdict.Unavailable(new WarehouseException(
                WarehouseErrors.Unreachable,
                FormattableString.Invariant($"{what} failed: Snowflake is not available (HTTP {(int)refusal.Status}{Named(code)})."),
                "See Snowflake's status page; the next attempt asks again.",
                isTransient: true)),
            >= 300 and < 400 => HttpVerdict.GiveUp(new WarehouseException(
                WarehouseErrors.Unreachable,
                FormattableString.Invariant($"{what} failed: {target.Url.Host} answers with a redirect (HTTP {(int)refusal.Status}), which is not followed."),
                "Check the setting 'account' or 'url', and that no proxy answers in Snowflake's place.")),
            _ => HttpVerdict.GiveUp(Statement(code, refusal, target, what, dataset)),
        };
    }

    public static WarehouseException TimedOut(string what, SnowflakeTarget target) => new(
        WarehouseErrors.TimedOut,
        FormattableString.Invariant($"{what} took longer than allowed and was cancelled."),
        FormattableString.Invariant($"Raise 'statement_timeout' (now {(int)target.StatementTimeout.TotalSeconds} seconds) or use a larger warehouse than {SnowflakeSql.Identifier(target.Warehouse)}."),
        isTransient: true);

    private static WarehouseException? SignIn(string code, HttpRefusal refusal, SnowflakeTarget target) => code switch
    {
        "390144" or "390100" or "390101" or "394300" or "394302" or "394303" or "394304" or "394305" or "394306" or "394307" => Refused(code, refusal, target),
        "390303" or "390318" or "390195" => new WarehouseException(
            WarehouseErrors.SignInRefused,
            $"Snowflake refused the OAuth token: it is {(code == "390318" ? "expired" : "not valid")} ({code}).",
            "Enter a new token under 'oauth_token', or sign in by key pair, which does not expire."),
        "394400" => new WarehouseException(
            WarehouseErrors.SignInRefused,
            "Snowflake refused the programmatic access token (394400): it is wrong, expired or revoked, or its user is under no network policy.",
            $"As an administrator run SHOW USER PROGRAMMATIC ACCESS TOKENS FOR USER {SnowflakeSql.Identifier(target.User)}; and put the user under a network policy."),
        "390422" => new WarehouseException(
            WarehouseErrors.SignInRefused,
            "The account's network policy does not let this server in (390422).",
            "Add this server's outbound address to the network policy of the account or of the user."),
        "390186" or "390189" => new WarehouseException(
            WarehouseErrors.PermissionDenied,
            $"The role {(target.Role is null ? "that is the user's default" : SnowflakeSql.Identifier(target.Role))} does not exist or is not granted to {SnowflakeSql.Identifier(target.User)} ({code}).",
            target.Role is null ? null : $"GRANT ROLE {SnowflakeSql.Identifier(target.Role)} TO USER {SnowflakeSql.Identifier(target.User)};"),
        _ => null,
    };

    private static WarehouseException Refused(string code, HttpRefusal refusal, SnowflakeTarget target)
    {
        var number = TokenNumber().Match(refusal.Text("message") ?? "");
        var named = number.Success ? $" {number.Value}" : "";
        return new WarehouseException(
            WarehouseErrors.SignInRefused,
            $"Snowflake refused to sign in {SnowflakeSql.Identifier(target.User)} at account {target.Account.TokenNames[0]} ({(code.Length == 0 ? "HTTP 401" : code)}){named}.",
            number.Success
                ? $"As an administrator run SELECT SYSTEM$GET_LOGIN_FAILURE_DETAILS('{number.Value}'); 394300: no such user. 394304: the public key of the user is another one. "
                + "394302, 394303: this server's clock is wrong. 394307: the account is another one."
                : "Check the account, the user and its secret, and this server's clock.");
    }

    private static WarehouseException Statement(string code, HttpRefusal refusal, SnowflakeTarget target, string what, DatasetName? dataset)
    {
        var state = refusal.Text("sqlState") ?? "";
        return (code, state) switch
        {
            (HandleUnknown, _) => new WarehouseException(WarehouseErrors.ResultExpired, $"{what} failed: Snowflake keeps the result no longer (000709).", isTransient: true),
            ("000606", _) or (_, "57P03") => new WarehouseException(
                WarehouseErrors.PermissionDenied,
                $"{what} failed: the role may not use the warehouse {SnowflakeSql.Identifier(target.Warehouse)}, or there is none of that name (000606).",
                SnowflakeGrants.Warehouse(target)),
            ("000630", _) => TimedOut(what, target),
            ("000604", _) => new WarehouseException(
                WarehouseErrors.QueryFailed, $"{what} failed: somebody cancelled the statement{Handle(refusal)}.", "The next attempt runs it again.", isTransient: true),
            ("090073", _) => new WarehouseException(
                WarehouseErrors.Busy,
                $"{what} failed: the warehouse {SnowflakeSql.Identifier(target.Warehouse)} cannot be resumed, because a resource monitor has used up its quota ({code}).",
                "Raise the quota of the resource monitor, or wait for its next interval.",
                isTransient: true),
            ("002003" or "002043", _) when dataset is not null => new WarehouseException(
                WarehouseErrors.DatasetUnknown,
                $"There is no dataset {dataset} that the role may read ({code}).",
                SnowflakeGrants.Dataset(dataset, target)),
            ("002003" or "002043" or "003001" or "003041", _) => new WarehouseException(
                WarehouseErrors.PermissionDenied,
                $"{what} failed: a name does not exist, or the role may not use it ({code}).",
                dataset is null ? "Run the grant script of this connection again." : SnowflakeGrants.Dataset(dataset, target)),
            (_, "42501") => new WarehouseException(
                WarehouseErrors.PermissionDenied,
                $"{what} failed: the role lacks a privilege ({code}).",
                dataset is null ? "Run the grant script of this connection again." : SnowflakeGrants.Dataset(dataset, target)),
            ("000904", _) => new WarehouseException(
                WarehouseErrors.ColumnMissing, $"A column of {dataset?.ToString() ?? "the dataset"} disappeared: {what}.", "Look at the dataset's columns again."),
            _ => new WarehouseException(
                WarehouseErrors.QueryFailed,
                FormattableString.Invariant($"{what} failed with HTTP {(int)refusal.Status}{Named(code)}{(state.Length == 0 ? "" : $", SQLSTATE {state}")}{Handle(refusal)}."),
                "Look the statement up in Snowflake's query history to see the server's own message."),
        };
    }

    private static string Named(string code) => code.Length is > 0 and <= 10 ? $", code {code}" : "";

    private static string Handle(HttpRefusal refusal) => refusal.Text("statementHandle") is { Length: 36 } handle && Guid.TryParse(handle, out _) ? $" (statement {handle})" : "";

    [GeneratedRegex("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")]
    private static partial Regex TokenNumber();
}

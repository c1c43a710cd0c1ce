namespace WarehouseImport.Warehouses;

/// <summary>A warehouse refused or could not be reached. The message is fit for a person and never holds secrets or row contents (S10).</summary>
/// <param name="code">One of <see cref="WarehouseErrors"/>.</param>
/// <param name="message">What happened, naming the dataset, column or setting.</param>
/// <param name="fix">What to do about it, or null.</param>
/// <param name="isTransient">True if the same call may succeed later without anybody changing anything.</param>
public sealed class WarehouseException(string code, string message, string? fix = null, bool isTransient = false, Exception? inner = null)
    : Exception(message, inner)
{
    public string Code { get; } = code;

    public string? Fix { get; } = fix;

    public bool IsTransient { get; } = isTransient;
}

/// <summary>The stable codes of <see cref="WarehouseException"/>.</summary>
public static class WarehouseErrors
{
    public const string Unreachable = "warehouse_unreachable";
    public const string SignInRefused = "warehouse_sign_in_refused";
    public const string PermissionDenied = "warehouse_permission_denied";
    public const string NotADatabase = "warehouse_not_a_database";
    public const string FileMissing = "warehouse_file_missing";
    public const string Busy = "warehouse_busy";
    public const string QueryFailed = "warehouse_query_failed";
    public const string TimedOut = "warehouse_timed_out";
    public const string DatasetUnknown = "dataset_unknown";
    public const string ColumnMissing = "column_missing";
    public const string ColumnUnsupported = "column_type_unsupported";
    public const string CursorUnsupported = "cursor_type_unsupported";
    public const string SettingInvalid = "connection_setting_invalid";
    public const string AddressRefused = "warehouse_address_refused";
    public const string AnswerDamaged = "warehouse_answer_damaged";
    public const string AnswerTooLarge = "warehouse_answer_too_large";
    public const string ResultExpired = "warehouse_result_expired";
    public const string SecretUnreadable = "connection_secret_unreadable";
}

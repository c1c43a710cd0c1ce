using System.Diagnostics.CodeAnalysis;

namespace WarehouseImport.Syncs.Scheduling;

/// <summary>Finds time zones by their IANA names.</summary>
public static class Zones
{
    /// <summary>Finds a zone by an IANA name such as <c>Europe/Berlin</c> or <c>UTC</c>. Names of other systems are refused, so that a stored name means the same on every machine.</summary>
    public static bool TryGet(string? name, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = null;
        if (string.IsNullOrEmpty(name) || name.Length > 64 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+')) return false;
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(name, out var found) || !found.HasIanaId) return false;
        zone = found;
        return true;
    }
}
